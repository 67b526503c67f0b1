// Sanitizers and Valgrind, without a build option: weak references that are NULL in an ordinary
// process. With ASan free blocks are poisoned, LSan learns our mappings as roots, TSan learns every
// hand-over of a block between threads.
#pragma once
#include "base/config.h"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define AKIT_VALGRIND 1
#else
#define AKIT_VALGRIND 0
#endif

extern "C" {
__attribute__((weak)) void __asan_poison_memory_region(const volatile void*, std::size_t);
__attribute__((weak)) void __asan_unpoison_memory_region(const volatile void*, std::size_t);
__attribute__((weak)) void __lsan_register_root_region(const void*, std::size_t);
__attribute__((weak)) void __tsan_acquire(void*);
__attribute__((weak)) void __tsan_release(void*);
__attribute__((weak)) void __tsan_func_entry(void*);
}

namespace akit::san {

inline bool asan() { return &__asan_poison_memory_region != nullptr; }
// The race detector of Go has the first name too, but knows only goroutines; the second is for C and C++ alone.
inline bool tsan() { return &__tsan_acquire != nullptr && &__tsan_func_entry != nullptr; }
inline bool valgrind() {
#if AKIT_VALGRIND
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}
// The leak checker reads what it was told of, and knows of no page that cannot be read.
inline bool lsan() { return &__lsan_register_root_region != nullptr; }
// A tool wants to see every allocation and every free, so handles take the checked path.
inline bool watching() { return asan() || valgrind(); }

// Never taken back: it would have to name the very range, and what is not mapped is not scanned.
inline void lsan_add_root(const void* p, std::size_t n) {
  if (&__lsan_register_root_region) __lsan_register_root_region(p, n);
}
inline void hand_over(void* token) {
  if (AKIT_UNLIKELY(tsan())) __tsan_release(token);
}
inline void take_over(void* token) {
  if (AKIT_UNLIKELY(tsan())) __tsan_acquire(token);
}
inline void on_alloc(void* p, std::size_t n) {
  if (asan()) __asan_unpoison_memory_region(p, n);
#if AKIT_VALGRIND
  VALGRIND_MALLOCLIKE_BLOCK(p, n, 0, 0);
#endif
}
inline void on_free(void* p, std::size_t n) {
  if (asan()) __asan_poison_memory_region(p, n);
#if AKIT_VALGRIND
  VALGRIND_FREELIKE_BLOCK(p, 0);
#endif
  (void)p;
  (void)n;
}
// Memory between two owners: nobody may touch it yet.
inline void on_fresh(void* p, std::size_t n) {
  if (asan()) __asan_poison_memory_region(p, n);
#if AKIT_VALGRIND
  VALGRIND_MAKE_MEM_NOACCESS(p, n);
#endif
}
// Memory that we touch ourselves, or that leaves a handle for whoever gets it next.
inline void on_release(void* p, std::size_t n) {
  if (asan()) __asan_unpoison_memory_region(p, n);
#if AKIT_VALGRIND
  VALGRIND_MAKE_MEM_DEFINED(p, n);
#endif
}

}  // namespace akit::san
