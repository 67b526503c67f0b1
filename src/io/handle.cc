#include "io/handle.h"

#include <allockit/region.h>

#include <cerrno>

#include "io/io.h"

namespace akit::io {
namespace {

akit_io handles[kHandles];
std::atomic<unsigned> next_handle;
std::atomic<unsigned> live;
std::atomic<akit_region*> source;

akit_region* pages() noexcept {
  akit_region* have = source.load(std::memory_order_acquire);
  if (have) return have;
  akit_region_config cfg = AKIT_REGION_CONFIG_INIT;
  cfg.name = "allockit_io";
  cfg.fork_mode = AKIT_FORK_WIPE;
  akit_region* made = nullptr;
  if (akit_region_create(&cfg, &made) < 0) return nullptr;
  if (source.compare_exchange_strong(have, made, std::memory_order_acq_rel)) return made;
  akit_region_destroy(made, 0);
  return have;
}

}  // namespace

Io* resolve(akit_io* h) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(h) - reinterpret_cast<std::uintptr_t>(handles);
  if (at >= sizeof handles || at % sizeof(akit_io) != 0) return nullptr;
  Io* io = h->io.load(std::memory_order_acquire);
  return io && io->alive ? io : nullptr;
}

// Round and round, so that the place that was left last is taken last.
int publish(Io* io, akit_io** out) noexcept {
  if (live.fetch_add(1, std::memory_order_relaxed) >= kHandles - kStaleFor) {
    live.fetch_sub(1, std::memory_order_relaxed);
    return -EAGAIN;
  }
  for (;;) {
    akit_io* h = &handles[next_handle.fetch_add(1, std::memory_order_relaxed) % kHandles];
    Io* none = nullptr;
    if (!h->io.compare_exchange_strong(none, io, std::memory_order_acq_rel)) continue;
    *out = h;
    return 0;
  }
}

void retract(akit_io* h) noexcept {
  h->io.store(nullptr, std::memory_order_release);
  live.fetch_sub(1, std::memory_order_relaxed);
}

void* memory_get(std::size_t size) noexcept {
  akit_region* h = pages();
  return h ? akit_region_alloc(h, size, 0, AKIT_ALLOC_ZERO, nullptr) : nullptr;
}

void memory_put(void* p) noexcept {
  if (p) akit_region_free(source.load(std::memory_order_acquire), p);
}

}  // namespace akit::io
