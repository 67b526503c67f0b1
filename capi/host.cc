#include <allockit/host.h>

#include <cerrno>

#include <allockit/tiered.h>

extern "C" {

void* akit_host_lua(void* ud, void* p, size_t old_size, size_t new_size) {
  auto* h = static_cast<akit_tiered*>(ud);
  if (p == nullptr) return new_size == 0 ? nullptr : akit_tiered_alloc(h, new_size);  // old_size is a kind of object then
  if (new_size == 0) {
    akit_tiered_free_sized(h, p, old_size);
    return nullptr;
  }
  void* moved = akit_tiered_realloc(h, p, new_size);
  // Lua has no way to handle a failed shrink, and the old block is large enough.
  return moved == nullptr && new_size <= old_size ? p : moved;
}

void* akit_host_zalloc(void* opaque, unsigned items, unsigned size) {
  size_t bytes;
  if (__builtin_mul_overflow(size_t{items}, size_t{size}, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return akit_tiered_alloc(static_cast<akit_tiered*>(opaque), bytes);
}

void akit_host_zfree(void* opaque, void* p) { akit_tiered_free(static_cast<akit_tiered*>(opaque), p); }

}  // extern "C"
