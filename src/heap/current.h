// The TLS words: the caches this thread used last, one of a tiered handle, one of a region handle and
// one of a pool, so that programs that use them in turn find each at once, and akit_free never meets a
// region's. On
// libcs without room for static TLS in dlopen'ed libraries there is none, and every call looks its
// seat up by the thread pointer.
#pragma once
#include "heap/heap.h"

namespace akit::heap {

// By the seat, without a TLS word; the sentinel when this thread has none yet or h is no such handle.
AKIT_INLINE ThreadCache* seat_cache(akit_tiered* h, Kind kind) {
  if (AKIT_UNLIKELY(!h || h->anchor != &anchor_of_this_copy) || AKIT_UNLIKELY(h->kind != kind)) return &no_cache;
  std::uintptr_t tp = os::thread_pointer();
  std::uint32_t i = seat_hash(tp) & h->seat_mask.load(std::memory_order_acquire);
  Seat* s = &h->seats.load(std::memory_order_acquire)[i];
  return AKIT_LIKELY(s->pointer.load(std::memory_order_acquire) == tp) ? s->cache.load(std::memory_order_relaxed) : &no_cache;
}

#if AKIT_TLS_WORD
// A destroy in another thread may take a cache out of them.
extern __thread HotShared<ThreadCache*> current_cache __attribute__((tls_model("initial-exec")));
extern __thread HotShared<ThreadCache*> current_region_cache __attribute__((tls_model("initial-exec")));
extern __thread HotShared<ThreadCache*> current_pool_cache __attribute__((tls_model("initial-exec")));
AKIT_INLINE ThreadCache* current_for(akit_tiered*) { return current_cache; }
AKIT_INLINE ThreadCache* current_region_for(akit_tiered*) { return current_region_cache; }
AKIT_INLINE ThreadCache* current_pool_for(akit_tiered*) { return current_pool_cache; }
AKIT_INLINE ThreadCache* current_any_for(const void*) { return current_cache; }
inline HotShared<ThreadCache*>* word_of(const ThreadCache* tc) {
  std::uint32_t kind = static_cast<const Heap*>(tc->heap)->kind;
  return kind == kKindRegion ? &current_region_cache : kind == kKindPool ? &current_pool_cache : &current_cache;
}
inline void set_current(ThreadCache* tc) { *word_of(tc) = tc; }
inline void forget_current() {
  current_cache = &no_cache;
  current_region_cache = &no_cache;
  current_pool_cache = &no_cache;
}
#else
AKIT_INLINE ThreadCache* current_for(akit_tiered* h) { return seat_cache(h, kKindTiered); }
AKIT_INLINE ThreadCache* current_region_for(akit_tiered* h) { return seat_cache(h, kKindRegion); }
AKIT_INLINE ThreadCache* current_pool_for(akit_tiered* h) { return seat_cache(h, kKindPool); }
AKIT_INLINE ThreadCache* current_any_for(const void*) { return &no_cache; }
inline void set_current(ThreadCache*) {}
inline void forget_current() {}
#endif

// This thread's cache of h: usually the current one. NULL with errno set.
AKIT_INLINE ThreadCache* cache_of(akit_tiered* h) {
  ThreadCache* tc = current_for(h);
  return AKIT_LIKELY(tc->handle == h) ? tc : cache_for(h);
}
AKIT_INLINE ThreadCache* region_cache_of(akit_tiered* h) {
  ThreadCache* tc = current_region_for(h);
  return AKIT_LIKELY(tc->handle == h) ? tc : cache_for(h, kKindRegion);
}

void on_thread_exit(os::Thread* t);
void orphan_all_but(Heap* h, os::Thread* self);
void leave_seat_of(Heap* h, ThreadCache* tc);

}  // namespace akit::heap
