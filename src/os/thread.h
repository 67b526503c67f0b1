// Threads as the kit sees them: a record per thread that ever took a slow path, a hook at thread
// exit, the initial-exec TLS words, and the gate that keeps slow paths out while a process forks.
#pragma once
#include "os/lock.h"

namespace akit::os {

// glibc reserves static TLS for dlopen'ed libraries; musl refuses initial-exec TLS there, and then
// every look-up goes through the thread pointer hashed into the handle.
#if defined(__GLIBC__) && !defined(AKIT_NO_TLS_WORD)
#define AKIT_TLS_WORD 1
#else
#define AKIT_TLS_WORD 0
#endif

AKIT_INLINE std::uintptr_t thread_pointer() {
#if defined(__x86_64__)
  std::uintptr_t tp;
  __asm__("mov %%fs:0, %0" : "=r"(tp));
  return tp;
#else
  return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
#endif
}

struct Thread {
  std::atomic<std::uint32_t> depth{0};  // > 0: inside a slow path, holds locks
  std::uintptr_t pointer = 0;           // thread_pointer() of its thread
  void** words[3] = {};                 // addresses of its TLS words
  void* caches = nullptr;               // head of the list of its caches; guarded by the registry lock
  void* dropped = nullptr;              // caches of handles that others destroyed; the same
  Thread* next = nullptr;
  Thread* prev = nullptr;
  bool exiting = false;
};

extern std::atomic<std::uint32_t> fork_gate;
// Slow sections fence themselves until membarrier is registered, which takes the kernel milliseconds
// in a process with threads, so it is left to the first purge.
extern std::atomic<bool> sections_fence;
bool prepare_membarrier();
extern std::atomic<std::uint32_t> thread_count;

// The record of this thread; made at first use. NULL when memory for it is refused.
Thread* current();
// Like current(), but never makes one.
Thread* current_or_null();

bool exits_are_seen();  // false: the process has no pthread key left, records of dead threads stay

void set_thread_exit_hook(void (*hook)(Thread*));

AKIT_MISS void wait_at_gate(Thread* t);

// Every slow path runs inside one of these. No locked instruction: the side that forks pays with a
// membarrier instead (without membarrier the section fences itself).
class SlowSection {
 public:
  explicit AKIT_INLINE SlowSection(Thread* t) : thread_(t) {
    if (!t) return;
    std::uint32_t d = t->depth.load(std::memory_order_relaxed);
    t->depth.store(d + 1, std::memory_order_relaxed);
    if (d != 0) return;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if (AKIT_UNLIKELY(sections_fence.load(std::memory_order_acquire)))
      std::atomic_thread_fence(std::memory_order_seq_cst);
    if (AKIT_UNLIKELY(fork_gate.load(std::memory_order_acquire) != 0)) wait_at_gate(t);
  }
  AKIT_INLINE ~SlowSection() {
    if (!thread_) return;
    thread_->depth.store(thread_->depth.load(std::memory_order_relaxed) - 1, std::memory_order_release);
  }
  SlowSection(const SlowSection&) = delete;
  SlowSection& operator=(const SlowSection&) = delete;

 private:
  Thread* thread_;
};

// fork.cc: installed once, before the first handle exists.
void install_fork_handlers(void (*child)());

// A thread of our own with all signals blocked. 0 or -errno.
int start_thread(void* (*fn)(void*), void* arg, unsigned long* id);
void join_thread(unsigned long id);
void yield();

}  // namespace akit::os
