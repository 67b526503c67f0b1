// The one TLS word: the cache this thread used last. On libcs without room for static TLS in
// dlopen'ed libraries there is none, and every call looks its seat up by the thread pointer.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

#if AKIT_TLS_WORD
extern __thread ThreadCache* current_cache __attribute__((tls_model("initial-exec")));
AKIT_INLINE ThreadCache* current_for(akit_tiered*) { return current_cache; }
AKIT_INLINE ThreadCache* current_any_for(const void*) { return current_cache; }
inline void set_current(ThreadCache* tc) { current_cache = tc; }
#else
AKIT_INLINE ThreadCache* current_for(akit_tiered* h) {
  if (AKIT_UNLIKELY(!h || h->anchor != &anchor_of_this_copy)) return &no_cache;
  std::uintptr_t tp = os::thread_pointer();
  std::uint32_t i = seat_hash(tp) & h->seat_mask.load(std::memory_order_acquire);
  Seat* s = &h->seats.load(std::memory_order_acquire)[i];
  return AKIT_LIKELY(s->pointer.load(std::memory_order_acquire) == tp) ? s->cache.load(std::memory_order_relaxed) : &no_cache;
}
AKIT_INLINE ThreadCache* current_any_for(const void*) { return &no_cache; }
inline void set_current(ThreadCache*) {}
#endif

// This thread's cache of h: usually the current one. NULL with errno set.
AKIT_INLINE ThreadCache* cache_of(akit_tiered* h) {
  ThreadCache* tc = current_for(h);
  return AKIT_LIKELY(tc->handle == h) ? tc : cache_for(h);
}

void on_thread_exit(os::Thread* t);
void orphan_all_but(Heap* h, os::Thread* self);
void leave_seat_of(Heap* h, ThreadCache* tc);

}  // namespace akit::heap
