// The default heap. malloc, free and free_sized are exported by the core itself: see tiered.cc.
#include <allockit/malloc.h>

#include <cerrno>

#include "tiered_options.h"

namespace core = akit::heap;

extern "C" {

akit_tiered* akit_default(void) {
  akit_tiered* h = core::default_handle();
  if (h == nullptr) errno = ENOMEM;
  return h;
}

int akit_default_configure(const akit_tiered_config* cfg) {
  core::Options o;
  if (const int rc = akit::abi::options_from(cfg, o); rc < 0) return rc;
  return core::default_configure(o);
}

void* akit_calloc(size_t count, size_t size) {
  akit_tiered* h = akit_default();
  return h ? core::calloc(h, count, size) : nullptr;
}

void* akit_realloc(void* p, size_t size) { return core::default_realloc(p, size); }

void* akit_aligned_alloc(size_t alignment, size_t size) {
  akit_tiered* h = akit_default();
  return h ? core::allocx(h, size, alignment, 0, nullptr) : nullptr;
}

void akit_free_aligned_sized(void* p, size_t alignment, size_t size) {
  core::default_free_aligned_sized(p, alignment, size);
}

size_t akit_usable_size(const void* p) { return core::usable_size(nullptr, p); }

}  // extern "C"
