#include "cache/purger.h"

namespace akit::purger {
namespace {

// Asleep: until there is something to do. Dozing: until the next round is due. News came while awake,
// perhaps too late for the round that just ended.
enum : std::uint32_t { kAwake, kAsleep, kDozing, kPoked, kNews };

constinit os::Lock start_lock;
constinit std::atomic<bool> runs{false}, leave{false};
constinit std::atomic<std::uint32_t> sleep_word{kAwake};
constinit std::atomic<std::uint64_t> dozes_until{0};
constinit unsigned long id = 0;
constinit std::atomic<std::uint64_t (*)(std::uint64_t)> round_fn{nullptr};

void* body(void*) {
  os::current();
  // With several threads the kernel takes some 16 ms to register for membarrier: nobody waits for them
  // here, where in the middle of a round a destroy would.
  os::prepare_membarrier();
  while (!leave.load(std::memory_order_acquire)) {
    std::uint64_t next = kNone;
    if (auto fn = round_fn.load(std::memory_order_acquire)) next = fn(os::now_ns());
    std::uint32_t expected = kAwake, asleep = next == kNone ? kAsleep : kDozing;
    if (next != kNone) dozes_until.store(os::now_coarse_ns() + next, std::memory_order_relaxed);
    bool slept = sleep_word.compare_exchange_strong(expected, asleep);
    if (slept) os::futex_wait(&sleep_word, asleep, next);
    sleep_word.store(kAwake, std::memory_order_release);
    if (!slept && expected == kNews) {
      os::futex_wait(&sleep_word, kAwake, min(next, kTick));
      continue;
    }
    if (next != kNone || leave.load(std::memory_order_acquire)) continue;
    // Woken from deep sleep: what was cached just now is young, look at it a tick later.
    os::futex_wait(&sleep_word, kAwake, kTick);
  }
  return nullptr;
}

void poke() {
  sleep_word.store(kPoked, std::memory_order_release);
  os::futex_wake(&sleep_word, 1);
}

}  // namespace

void set_round(std::uint64_t (*round)(std::uint64_t)) { round_fn.store(round, std::memory_order_release); }

int start() {
  os::Guard g(start_lock);
  if (runs.load(std::memory_order_relaxed)) return 0;
  leave.store(false, std::memory_order_release);
  int rc = os::start_thread(body, nullptr, &id);
  if (rc == 0) runs.store(true, std::memory_order_release);
  return rc;
}

int stop() {
  os::Guard g(start_lock);
  if (!runs.load(std::memory_order_relaxed)) return 0;
  leave.store(true, std::memory_order_release);
  poke();
  os::join_thread(id);
  runs.store(false, std::memory_order_release);
  return 0;
}

bool running() { return runs.load(std::memory_order_acquire); }

void wake_now() {
  std::uint32_t state = sleep_word.load(std::memory_order_relaxed);
  if (running() && (state == kAsleep || state == kDozing)) poke();
}

void something_cached() {
  if (!running()) return;
  std::uint32_t state = sleep_word.load(std::memory_order_relaxed);
  while (state == kAwake && !sleep_word.compare_exchange_weak(state, kNews)) {
  }
  // A round that is due within a tick comes early enough.
  if (state == kAsleep || (state == kDozing && dozes_until.load(std::memory_order_relaxed) > os::now_coarse_ns() + kTick)) poke();
}

void forget_after_fork() {
  start_lock.reset();
  runs.store(false, std::memory_order_relaxed);
  sleep_word.store(kAwake, std::memory_order_relaxed);
}

// A static copy inside a plugin may be unloaded: its thread must not outlive its code.
__attribute__((destructor)) static void stop_at_unload() { stop(); }

}  // namespace akit::purger
