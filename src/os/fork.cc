// fork: the parent keeps every other thread out of slow paths for the moment of the copy, so the
// child never inherits a held lock or a list half changed. Two steps per process, whatever the
// number of handles.
#include <pthread.h>
#include <sched.h>

#include "os/thread.h"

namespace akit::os {

void for_each_thread_locked(void (*fn)(Thread*, void*), void* arg);
void forget_other_threads(Thread* self);

namespace {

constinit Lock fork_lock;  // held from prepare to parent or child
constinit std::atomic<int> installed{0};
constinit std::atomic<void (*)()> child_hook{nullptr};

struct Busy {
  Thread* self;
  bool any;
};

void prepare() {
  Thread* self = current_or_null();
  fork_lock.lock();
  fork_gate.store(1, std::memory_order_seq_cst);
  if (!sections_fence.load(std::memory_order_relaxed)) membarrier();
  for (;;) {
    Busy b{self, false};
    for_each_thread_locked(
        [](Thread* t, void* arg) {
          auto* busy = static_cast<Busy*>(arg);
          if (t != busy->self && t->depth.load(std::memory_order_acquire) != 0) busy->any = true;
        },
        &b);
    if (!b.any) return;
    sched_yield();
  }
}

void open_gate() {
  fork_gate.store(0, std::memory_order_release);
  futex_wake(&fork_gate, 1 << 30);
  fork_lock.unlock();
}

void in_parent() { open_gate(); }

void in_child() {
  fork_lock.reset();
  forget_other_threads(current_or_null());
  fork_gate.store(0, std::memory_order_release);
  if (auto hook = child_hook.load(std::memory_order_acquire)) hook();
}

}  // namespace

void install_fork_handlers(void (*child)()) {
  int none = 0;
  if (!installed.compare_exchange_strong(none, 1)) return;
  child_hook.store(child, std::memory_order_release);
  pthread_atfork(prepare, in_parent, in_child);
}

}  // namespace akit::os
