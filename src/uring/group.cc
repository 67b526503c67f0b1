#include "uring/group.h"

#include <errno.h>

#include "cache/meta.h"
#include "heap/open.h"
#include "os/keep_errno.h"
#include "pool/pool.h"

extern "C" {
std::size_t akit_pool_get_n(akit_pool* h, std::size_t length, std::size_t n, void** out, std::size_t* capacity);
int akit_pool_put(akit_pool* h, void* p);
}

namespace akit::uring {
namespace {

constexpr std::uint32_t kHasBuffer = 1, kMoreOfBuffer = 16, kNumberShift = 16;  // flags of completions
constexpr std::uint32_t kDefaultEntries = 1024, kDefaultWindow = 32;
constexpr unsigned kAtOnce = 64;

int misused(Group* g, int error, const void* p) {
  g->misuses.fetch_add(1, std::memory_order_relaxed);
  misuse(error, g->stub->id, p);
  return -error;
}

bool resolve(GroupOptions& o) {
  if (o.entries == 0) o.entries = kDefaultEntries;
  if (!is_pow2(o.entries) || o.entries > os::uring::kMostEntries || o.group_id > 0xffff) return false;
  if (o.window_max == 0) o.window_max = o.entries;
  if (o.window_min == 0) o.window_min = min(kDefaultWindow, o.window_max);
  return o.window_min <= o.window_max && o.window_max <= o.entries;
}

void group_delete(Group* g) {
  array_put(g->entry);
  array_put(g->buffer);
  array_put(g->spare);
  g->out.close();
  meta::put(g, sizeof(Group));
}

Group* group_new(const GroupOptions& o) {
  static_assert(sizeof(Group) <= meta::kLargest);
  auto* g = static_cast<Group*>(meta::get(sizeof(Group)));
  if (!g) return nullptr;
  __builtin_memset(static_cast<void*>(g), 0, sizeof *g);
  g->pool = o.pool;
  g->id = o.group_id;
  g->entries = o.entries;
  g->window_min = o.window_min;
  g->window_max = o.window_max;
  window_open(g);
  g->entry = static_cast<os::uring::Buffer*>(array_get(o.entries * sizeof(os::uring::Buffer)));
  g->buffer = static_cast<void**>(array_get(o.entries * sizeof(void*)));
  g->spare = static_cast<std::uint16_t*>(array_get(o.entries * sizeof(std::uint16_t)));
  if (g->entry && g->buffer && g->spare) {
    for (std::uint32_t i = 0; i < o.entries; ++i) g->spare[g->spares++] = static_cast<std::uint16_t>(o.entries - 1 - i);
    return g;
  }
  group_delete(g);
  return nullptr;
}

// Under registry_lock: the pool and the ring stay for as long as the group.
int hold(Group* g, akit_tiered* uring, const GroupOptions& o) {
  akit_tiered* pool = reinterpret_cast<akit_tiered*>(o.pool);
  if (uring->phase.load(std::memory_order_relaxed) != Phase::kOpen || pool->phase.load(std::memory_order_relaxed) != Phase::kOpen) return -EINVAL;
  g->pool_heap = pool->heap;
  const heap::PoolPart* p = g->pool_heap->pool;
  if (o.buffer_bytes > p->largest) return -EMSGSIZE;
  std::size_t n = max<std::size_t>(o.buffer_bytes, 1);
  g->capacity = p->size[pool::class_for(p, n, heap::length_of(n))];
  g->uring = uring->uring;
  ++g->pool_heap->children;
  ++g->uring->users;
  return 0;
}

// Under registry_lock.
void let_go(Group* g) {
  Heap* h = g->pool_heap;
  user_gone(g->uring);
  if (--h->children == 0 && h->stub->phase.load(std::memory_order_acquire) != Phase::kOpen) heap::finish_if_last(h);
}

void store_tail(Group* g) { __atomic_store_n(&g->entry[0].tail, g->tail, __ATOMIC_RELEASE); }

void publish(Group* g, void* p) {
  std::uint16_t number = g->spare[--g->spares];
  g->buffer[number] = p;
  os::uring::Buffer& e = g->entry[g->tail & (g->entries - 1)];
  e.address = reinterpret_cast<std::uintptr_t>(p);
  e.length = static_cast<std::uint32_t>(g->capacity);
  e.number = number;
  ++g->tail;
}

void now_dry(Group* g) {
  if (g->refills && !g->empty_since) g->empty_since = os::now_ns();
}

void not_dry(Group* g) {
  if (!g->empty_since) return;
  g->empty_ns = g->empty_ns + (os::now_ns() - g->empty_since);
  g->empty_since = 0;
}

// A published buffer, which is the program's from now on.
void* withdraw(Group* g, std::uint32_t number) {
  void* p = g->buffer[number];
  g->buffer[number] = nullptr;
  g->spare[g->spares++] = static_cast<std::uint16_t>(number);
  g->published = g->published - 1;
  ++g->taken_since;
  if (g->published == 0) now_dry(g);
  return p;
}

// Under the lock. Sets errno where a pool does.
int refill(Group* g) {
  window_refilled(g);
  int done = 0;
  errno = 0;
  while (g->published < g->window) {
    void* p[kAtOnce];
    std::size_t want = min<std::size_t>(g->window - g->published, kAtOnce), capacity;
    std::size_t got = akit_pool_get_n(g->pool, g->capacity, want, p, &capacity);
    for (std::size_t i = 0; i < got; ++i) publish(g, p[i]);
    g->published = g->published + got;
    done += static_cast<int>(got);
    if (got < want) break;
  }
  if (done == 0) return g->published == 0 ? -errno : 0;
  store_tail(g);
  not_dry(g);
  g->refills = g->refills + 1;
  return done;
}

void fill(const Group* g, GroupStats* out) {
  std::uint64_t since = g->empty_since, now = since ? os::now_ns() : 0;
  *out = {out->struct_size, g->id, g->entries, g->published, g->window, g->buffers_out, g->taken, g->refills, g->enobufs,
          g->empty_ns + (now - since), g->misuses.load(std::memory_order_relaxed)};
}

}  // namespace

int group_create(akit_uring* h, const GroupOptions& opt, akit_uring_group** out) noexcept {
  os::KeepErrno keep;
  if (int rc = check(stub(h), heap::kKindUring)) return rc;
  GroupOptions o = opt;
  if (!o.pool || !resolve(o)) return -EINVAL;
  if (!heap::checked_heap(reinterpret_cast<akit_tiered*>(o.pool), heap::kKindPool)) return -EINVAL;
  os::SlowSection section(os::current());
  Group* g = group_new(o);
  if (!g) return -ENOMEM;
  os::Guard r(heap::registry_lock);
  if (int rc = hold(g, stub(h), o)) {
    group_delete(g);
    return rc;
  }
  akit_tiered* s = heap::stub_open(nullptr);
  int rc = s ? os::uring::group_add(g->uring->ring, g->entry, o.entries, o.group_id) : -ENOMEM;
  if (rc >= 0) {
    s->kind = heap::kKindGroup;
    s->group = g;
    g->stub = s;
    s->phase.store(Phase::kOpen, std::memory_order_release);
    *out = reinterpret_cast<akit_uring_group*>(s);
    return 0;
  }
  if (s) heap::stub_retire(s);
  let_go(g);
  group_delete(g);
  return rc == -EINVAL ? -ENOSYS : rc;
}

int group_destroy(akit_uring_group* handle, bool now) noexcept {
  if (!handle) return 0;
  os::KeepErrno keep;
  int rc = check(stub(handle), heap::kKindGroup);
  if (rc < 0 && rc != -EPERM) return rc;
  Group* g = stub(handle)->group;
  os::SlowSection section(os::current());
  bool in_child = rc < 0;
  if (!in_child) rc = os::uring::group_remove(g->uring->ring, g->id);
  bool ended = rc >= 0 || rc == -ENOENT || now || in_child;
  for (std::uint32_t i = 0; ended && !in_child && i < g->entries; ++i)
    if (g->buffer[i]) akit_pool_put(g->pool, g->buffer[i]);
  os::Guard r(heap::registry_lock);
  heap::stub_retire(g->stub);
  let_go(g);
  if (!ended) g->entry = nullptr, g->buffer = nullptr;  // the kernel's for good
  group_delete(g);
  return rc < 0 ? rc : 0;
}

int group_take(akit_uring_group* handle, std::int32_t res, std::uint32_t flags, void** p, std::size_t* length) noexcept {
  if (!p || !length) return -EINVAL;
  *p = nullptr;
  *length = 0;
  if (int rc = check(stub(handle), heap::kKindGroup)) return rc;
  os::KeepErrno keep;
  Group* g = stub(handle)->group;
  os::SlowSection section(os::current());
  void* failed = nullptr;
  int rc = res < 0 ? res : 0;
  {
    os::Guard l(g->lock);
    if (res == -ENOBUFS) {
      g->enobufs = g->enobufs + 1;
      window_starved(g);
    }
    if (flags & kHasBuffer) {
      std::uint32_t number = flags >> kNumberShift;
      bool right = number < g->entries && g->buffer[number] && !(flags & kMoreOfBuffer) && (res < 0 || static_cast<std::size_t>(res) <= g->capacity);
      if (!right) return misused(g, EINVAL, number < g->entries ? g->buffer[number] : nullptr);
      if (res >= 0 && !g->out.make_room(1)) return -ENOMEM;
      void* q = withdraw(g, number);
      if (res >= 0) {
        auto a = reinterpret_cast<std::uintptr_t>(q);
        if (!g->out.find(a)) {  // else it was put back past the group
          g->out.add(a, q);
          g->buffers_out = g->buffers_out + 1;
        }
        g->taken = g->taken + 1;
        *p = q;
        *length = static_cast<std::size_t>(res);
        rc = 1;
      } else {
        failed = q;
      }
    }
  }
  if (failed) akit_pool_put(g->pool, failed);
  return rc;
}

int group_put(akit_uring_group* handle, void* p) noexcept {
  if (int rc = check(stub(handle), heap::kKindGroup)) return rc;
  if (!p) return 0;
  os::KeepErrno keep;
  Group* g = stub(handle)->group;
  os::SlowSection section(os::current());
  {
    os::Guard l(g->lock);
    auto a = reinterpret_cast<std::uintptr_t>(p);
    if (!g->out.find(a)) {
      pool::Buffer b = pool::find(g->pool_heap, p);
      return misused(g, b.error == ENOENT ? ENOENT : EINVAL, p);
    }
    g->out.remove(a);
    g->buffers_out = g->buffers_out - 1;
  }
  return akit_pool_put(g->pool, p);
}

int group_refill(akit_uring_group* handle) noexcept {
  if (int rc = check(stub(handle), heap::kKindGroup)) return rc;
  os::KeepErrno keep;
  Group* g = stub(handle)->group;
  os::SlowSection section(os::current());
  os::Guard l(g->lock);
  return refill(g);
}

int group_stats_get(akit_uring_group* handle, GroupStats* out) noexcept {
  if (int rc = check(stub(handle), heap::kKindGroup)) return rc;
  fill(stub(handle)->group, out);
  return 0;
}

int group_stats_by_id(std::uint64_t id, GroupStats* out, char name[64]) noexcept {
  os::SlowSection section(os::current());
  os::Guard r(heap::registry_lock);
  akit_tiered* s = heap::stub_by_id(id, heap::kKindGroup);
  if (!s) return -ENOENT;
  fill(s->group, out);
  name[0] = 0;
  return 0;
}

}  // namespace akit::uring
