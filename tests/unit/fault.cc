// Every system call the scenario makes is refused once, and for ever from then on, one run of a
// fresh process each: no crash, no leak, no lost byte, and refusals are NULL with ENOMEM.
#include "../check.h"
#include "nodes.h"
#include "pools.h"
#include "regions.h"
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

CASE(fault_undisturbed) { calls_of(os::fault::kAny, scenario); }
CASE(fault_map) { refuse_each(os::fault::kMap, ENOMEM); }
CASE(fault_unmap) { refuse_each(os::fault::kUnmap, ENOMEM); }
CASE(fault_move) { refuse_each(os::fault::kMove, ENOMEM); }
CASE(fault_advise) { refuse_each(os::fault::kAdvise, EINVAL); }
CASE(fault_discard) { refuse_each(os::fault::kDiscard, EAGAIN); }
CASE(fault_protect) { refuse_each(os::fault::kProtect, ENOMEM); }
CASE(fault_membarrier) { refuse_each(os::fault::kMembarrier, EPERM); }
CASE(fault_thread) { refuse_each(os::fault::kThread, EAGAIN); }
CASE(fault_any) { refuse_each(os::fault::kAny, ENOMEM); }

CASE(fault_regions_map) { refuse_each(os::fault::kMap, ENOMEM, region_scenario, 25); }
CASE(fault_regions_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, region_scenario, 25); }
CASE(fault_regions_move) { refuse_each(os::fault::kMove, ENOMEM, region_scenario, 25); }
CASE(fault_regions_advise) { refuse_each(os::fault::kAdvise, EINVAL, region_scenario, 25); }  // also: populate of old kernels
CASE(fault_regions_discard) { refuse_each(os::fault::kDiscard, EAGAIN, region_scenario, 25); }
CASE(fault_regions_guard_missing) { refuse_each(os::fault::kGuard, EINVAL, region_scenario, 25); }  // before Linux 6.13
CASE(fault_regions_guard) { refuse_each(os::fault::kGuard, ENOMEM, region_scenario, 25); }
CASE(fault_regions_protect) { refuse_each(os::fault::kProtect, ENOMEM, region_scenario, 25); }
CASE(fault_regions_any) { refuse_each(os::fault::kAny, ENOMEM, region_scenario, 50); }

CASE(fault_pools_map) { refuse_each(os::fault::kMap, ENOMEM, pool_scenario, 25); }
CASE(fault_pools_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, pool_scenario, 25); }
CASE(fault_pools_advise) { refuse_each(os::fault::kAdvise, EINVAL, pool_scenario, 25); }  // also: populate of old kernels
CASE(fault_pools_discard) { refuse_each(os::fault::kDiscard, EAGAIN, pool_scenario, 25); }
CASE(fault_pools_bind) { refuse_each(os::fault::kBind, ENOSYS, pool_scenario, 25); }
CASE(fault_pools_membarrier) { refuse_each(os::fault::kMembarrier, EPERM, pool_scenario, 25); }
CASE(fault_pools_thread) { refuse_each(os::fault::kThread, EAGAIN, pool_scenario, 25); }
CASE(fault_pools_any) { refuse_each(os::fault::kAny, ENOMEM, pool_scenario, 50); }

CASE(fault_nodes_map) { refuse_each(os::fault::kMap, ENOMEM, nodes_scenario, 25); }
CASE(fault_nodes_unmap) { refuse_each(os::fault::kUnmap, ENOMEM, nodes_scenario, 25); }
CASE(fault_nodes_advise) { refuse_each(os::fault::kAdvise, EINVAL, nodes_scenario, 25); }  // also: populate of old kernels
CASE(fault_nodes_discard) { refuse_each(os::fault::kDiscard, EAGAIN, nodes_scenario, 25); }
CASE(fault_nodes_any) { refuse_each(os::fault::kAny, ENOMEM, nodes_scenario, 50); }
