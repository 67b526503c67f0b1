// One-word mutex on a futex. Uncontended: one locked instruction to take, one to release.
#pragma once
#include "os/sys.h"

namespace akit::os {

class Lock {
 public:
  constexpr Lock() = default;

  AKIT_INLINE void lock() {
    std::uint32_t free = 0;
    if (AKIT_UNLIKELY(!word_.compare_exchange_strong(free, 1, std::memory_order_acquire))) lock_slow();
  }
  AKIT_INLINE bool try_lock() {
    std::uint32_t free = 0;
    return word_.compare_exchange_strong(free, 1, std::memory_order_acquire);
  }
  AKIT_INLINE void unlock() {
    if (AKIT_UNLIKELY(word_.exchange(0, std::memory_order_release) == 2)) futex_wake(&word_, 1);
  }
  // After fork, in the child: the thread that held it does not exist.
  void reset() { word_.store(0, std::memory_order_relaxed); }

 private:
  AKIT_MISS void lock_slow() {
    for (int i = 0; i < 400; ++i) {
      if (try_lock()) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    while (word_.exchange(2, std::memory_order_acquire) != 0) futex_wait(&word_, 2, kNone);
  }
  std::atomic<std::uint32_t> word_{0};
};

class Guard {
 public:
  explicit AKIT_INLINE Guard(Lock& l) : lock_(l) { lock_.lock(); }
  AKIT_INLINE ~Guard() { lock_.unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace akit::os
