// Fields with one writer at a time (a lock, or one thread) that others read without asking: an old
// value does no harm, a torn one cannot be.
#pragma once
#include "base/config.h"

namespace akit {

template <class T>
class Shared {
 public:
  constexpr Shared(T v = {}) : value_(v) {}
  Shared(const Shared&) = delete;
  operator T() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  T operator=(T v) {
    __atomic_store_n(&value_, v, __ATOMIC_RELAXED);
    return v;
  }
  T acquired() const { return __atomic_load_n(&value_, __ATOMIC_ACQUIRE); }
  void release(T v) { __atomic_store_n(&value_, v, __ATOMIC_RELEASE); }
  T operator=(const Shared& other) { return *this = static_cast<T>(other); }

 private:
  T value_;
};

// The same for the few words of the fast path. Compilers make an extra instruction of an atomic load
// that is only compared, so outside of ThreadSanitizer they are plain.
#if defined(__SANITIZE_THREAD__)
#define AKIT_TSAN_BUILD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AKIT_TSAN_BUILD 1
#endif
#endif
#if defined(AKIT_TSAN_BUILD)
template <class T>
using HotShared = Shared<T>;
#else
template <class T>
using HotShared = T;
#endif

}  // namespace akit
