#include "cache/meta.h"

#include "os/lock.h"

namespace akit::meta {
namespace {

struct Free {
  Free* next;
};
struct alignas(kCacheLine) Pool {
  os::Lock lock;
  Free* list = nullptr;
};
constinit Pool pools[7]{};  // 64 .. 4096

constinit os::Lock chunk_lock;
constinit char* chunk_at = nullptr;
constinit char* chunk_end = nullptr;
constinit std::atomic<std::uint64_t> mapped{0};

constexpr std::size_t kChunk = 256 * 1024;

void* carve(std::size_t n, std::size_t align) {
  os::Guard g(chunk_lock);
  auto at = reinterpret_cast<char*>(align_up(reinterpret_cast<std::uintptr_t>(chunk_at), align));
  if (!chunk_at || at + n > chunk_end) {
    std::size_t size = align_up(max(n, kChunk), os::page_size());
    void* p;
    if (os::map(nullptr, size, 0, &p) != 0) {
      size = align_up(n, os::page_size());  // a tight address limit: only what is needed now
      if (os::map(nullptr, size, 0, &p) != 0) return nullptr;
    }
    mapped.fetch_add(size, std::memory_order_relaxed);
    if (n >= kChunk) return p;
    at = static_cast<char*>(p);
    chunk_end = at + size;
  }
  chunk_at = at + n;
  return at;
}

unsigned index_of(std::size_t size) { return log2_ceil(max(size, kSmallest)) - 6; }

}  // namespace

void* get(std::size_t size) {
  unsigned i = index_of(size);
  Pool& pool = pools[i];
  {
    os::Guard g(pool.lock);
    if (Free* f = pool.list) {
      pool.list = f->next;
      return f;
    }
  }
  return carve(kSmallest << i, kCacheLine);
}

void put(void* p, std::size_t size) {
  Pool& pool = pools[index_of(size)];
  os::Guard g(pool.lock);
  auto* f = static_cast<Free*>(p);
  f->next = pool.list;
  pool.list = f;
}

void* get_pages(std::size_t size) { return carve(align_up(size, os::page_size()), os::page_size()); }

std::uint64_t bytes_mapped() { return mapped.load(std::memory_order_relaxed); }

}  // namespace akit::meta
