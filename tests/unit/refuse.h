// Every system call that a scenario makes is refused once, and for ever from then on, one run of a
// fresh process each: no crash, no leak, no lost byte.
#pragma once
#include "../check.h"
#include "scenario.h"

namespace {

using namespace core;
using os::fault::Call;

struct Shared {
  std::uint64_t calls;
};
Shared* shared() {
  static auto* at = static_cast<Shared*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return at;
}

using Scenario = void (*)(bool may_fail);

std::uint64_t calls_of(Call c, Scenario scenario) {
  shared();
  const char* wrong = in_child([&] {
    os::fault::arm(c, 0, 0, false);
    scenario(false);
    shared()->calls = os::fault::seen(c);
    expect_no_leak();
  });
  if (*wrong) CHECK_FAIL("undisturbed: %s", wrong);
  return shared()->calls;
}

// Each kind has all of its calls, or as many as `most`, spread evenly.
void refuse_each(Call c, int error, Scenario scenario = core::scenario, std::uint64_t most = 100) {
  std::uint64_t calls = calls_of(c, scenario);
  if (!calls) SKIP("the scenario makes no such call here");
  std::uint64_t step = 1 + calls / most;
  for (bool forever : {false, true})
    for (std::uint64_t n = 1; n <= calls; n += step) {
      const char* wrong = in_child([&] {
        os::fault::arm(c, n, error, forever);
        scenario(true);
        os::fault::arm(c, 0, 0, false);
        scenario(c == os::fault::kThread);
        // A mapping that no record can be made for and that cannot be unmapped either is lost.
        if (c != os::fault::kAny || !forever) expect_no_leak();
      });
      if (*wrong) CHECK_FAIL("call %llu of %llu refused %s: %s", (unsigned long long)n, (unsigned long long)calls, forever ? "for ever" : "once", wrong);
    }
}

}  // namespace
