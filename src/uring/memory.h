// Memory for arrays of this layer: whole pages, zeroed, out of line.
#pragma once
#include "heap/heap.h"

namespace akit::uring {

inline void* array_get(std::size_t bytes) {
  bytes = align_up(bytes, os::page_size());
  pages::Span* s = pages::alloc_span(pages::kInternal, bytes >> map::kPageShift, 4096, true);
  if (!s) return nullptr;
  s->role = pages::Role::kInternal;
  if (!s->zero) __builtin_memset(s->memory(), 0, bytes);
  s->zero = false;
  return s->memory();
}

inline void array_put(void* p) {
  constexpr std::uint64_t kDecay = 100000000;
  if (p) pages::free_span(pages::span_at(reinterpret_cast<std::uintptr_t>(p)), os::now_coarse_ns() + kDecay);
}

}  // namespace akit::uring
