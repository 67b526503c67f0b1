// A handle from the inside. What the user holds is a small stub that is never reused for at least
// 1,024 creates, so that a stale handle is recognised; the heap behind it recycles at once.
#pragma once
#include "os/misuse.h"
#include "pages/hugetlb.h"
#include "pages/pages.h"
#include "heap/api.h"
#include "heap/arena_part.h"
#include "heap/extent_class.h"
#include "heap/pool_part.h"
#include "heap/ring_part.h"
#include "heap/size_class.h"

namespace akit::heap {

using cache::ThreadCache;
using pages::Span;

struct Heap;
struct Nodes;

// Lingering: destroyed, but pinned memory or handles that stand on it keep it alive.
// InParent: of a kind that a child of a fork may not use.
enum class Phase : std::uint32_t { kSpare, kOpen, kClosing, kLingering, kStale, kInParent };

struct Seat {  // which cache serves the thread with this thread pointer
  std::atomic<std::uintptr_t> pointer;
  std::atomic<ThreadCache*> cache;
};

}  // namespace akit::heap

namespace akit::uring {
struct Uring;
struct Group;
}  // namespace akit::uring

struct akit_tiered {
  const void* anchor;  // address inside this copy of the library
  std::uint32_t kind;
  std::atomic<akit::heap::Phase> phase;
  union {  // by kind
    akit::heap::Heap* heap;
    akit::uring::Uring* uring;
    akit::uring::Group* group;
  };
  std::uint64_t id;
  std::atomic<akit::heap::Seat*> seats;
  std::atomic<std::uint32_t> seat_mask;
  std::uint32_t padding;
  akit_tiered* next;  // spare list, or list of live handles
  akit_tiered* prev;
};

namespace akit::heap {

inline constexpr unsigned kInlineSeats = 16;
inline constexpr unsigned kBatchMax = 54;

// Blocks that left a thread cache together, on their way to another one or to their spans. Half an
// address is kept of each, so that a batch crosses between two cores in four cache lines.
struct Batch {
  Batch* next;          // older
  Batch* prev;
  std::uint64_t stamp;  // when they became idle
  const void* from;     // cache they came from
  std::uint32_t n;
  std::uint32_t high;   // address >> 36, the same for all
  std::uint32_t low[kBatchMax];
  void* at(unsigned i) const {
    return reinterpret_cast<void*>((std::uintptr_t{high} << 36) | (std::uintptr_t{low[i]} << map::kGrain));
  }
};
static_assert(sizeof(Batch) == 256);

struct alignas(kCacheLine) ClassState {
  // moved with every batch
  os::Lock lock;
  std::uint32_t depot_blocks = 0;
  Shared<Batch*> depot;            // newest first
  Batch* spare = nullptr;          // empty ones
  Shared<Span*> partial;           // slabs with free blocks
  std::uint64_t out = 0;           // blocks outside their spans: users, caches, depot
  std::uint64_t misses = 0;
  std::int32_t unsynced = 0;       // depot blocks not yet counted in the heap's depot_bytes
  Shared<std::uint32_t> slabs;     // spans of this class
  std::uint64_t remote = 0;        // blocks that went from one cache to another
  // now and then
  std::uint64_t peak = 0;          // most blocks seen in use
  std::uint64_t gets_retired = 0;  // of caches that are gone
  std::uint64_t discards = 0;      // blocks that went back to their spans
  Batch* oldest = nullptr;         // end of the depot's list
};
static_assert(sizeof(ClassState) == 128);

enum Watch : std::uint32_t {
  kWatchExact = 1, kWatchZeroAlloc = 2, kWatchZeroFree = 4, kWatchGuard = 8, kWatchTool = 16, kWatchClosing = 32,
  kWatchWaste = 64,  // regions: sizes of classes may be too large
  kWatchTags = 128,  // pools: a number of the caller's with every buffer
};

#define AKIT_HEAP_COUNTERS(X)                                                                       \
  X(failures) X(limit_hits) X(misuses) X(maps) X(unmaps) X(purges) X(purged_bytes) X(prefaulted)    \
  X(reallocs) X(reallocs_in_place) X(huge_fallbacks) X(direct_allocs) X(direct_frees)              \
  X(rejected) X(remaps) X(skipped_pinned) X(pinned_bytes) X(pinned_spans) \
  X(idle_hits) X(idle_misses) X(fallbacks) X(fallback_error) X(fallback_unix_ns)                    \
  X(populate_max_ns) X(populate_ns)

struct Heap {
  akit_tiered* stub;
  std::uint32_t owner;         // number in the address map
  Shared<std::uint32_t> watch;  // Watch bits: calls that must not take the fast path
  Options opt;                 // in force
  char name[64];
  unsigned last_small, last_medium, last_large;  // classes: the thresholds
  std::uint32_t kind;
  std::uint16_t slab_heap, dense_heap;   // page heaps: slabs, and those of a handle that grew
  std::uint16_t plain_heap, huge_heap;  // blocks with a span of their own, huge ones
  bool own_pages;                       // these page heaps are this handle's alone
  bool accounted;                       // and count against its cap and cache by themselves
  bool fixed;                           // memory of the caller: nothing is mapped, purged or moved
  Heap* region_parent;                  // handles this one stands on
  Heap* huge_parent;
  std::uint32_t children;               // that stand on this one; under registry_lock
  std::atomic<std::uint64_t> lent;      // bytes they hold
  pages::Account account;
  PoolPart* pool;                       // what pools have besides; NULL: no pool
  Ring* ring;                           // the same of rings
  Arena* arena;                         // and of arenas
  Nodes* nodes;                         // and of nodes

  std::atomic<bool> fruitless;  // the last purge at the cap found nothing, nothing was freed since
  std::atomic<std::uint64_t> armed_at;  // since when something may be idle
  std::atomic<bool> armed;      // on the purger's list
  bool in_round;                // a purge round works on it
  Heap* armed_next;
  Heap* armed_prev;

  // Written by misses; what they only read is above, in other cache lines.
  alignas(kCacheLine) std::atomic<std::uint64_t> mapped;
  std::atomic<std::uint64_t> mapped_peak, metadata, used_peak, depot_bytes, slab_bytes;
  std::atomic<std::uint64_t> taken_bytes;     // of blocks outside their spans, depot included
  std::atomic<std::uint64_t> direct_bytes[4];  // in use, blocks without a class bin, by tier
  std::atomic<std::uint32_t> spans_count;
#define AKIT_COUNTER(x) std::atomic<std::uint64_t> x;
  AKIT_HEAP_COUNTERS(AKIT_COUNTER)
#undef AKIT_COUNTER
  std::uint64_t touched[3];     // classes ever used, for cheap recycling; under no lock but atomically or-ed
  std::atomic<std::uint64_t> guard_count;

  os::Lock caches_lock;         // lists of caches, seats. Before a cache's lock, never after
  ThreadCache* caches;          // of living threads
  ThreadCache* orphans;         // of threads that ended
  std::uint32_t orphan_count, cache_count;
  os::Lock spans_lock;
  Span* spans;                  // all spans in use
  os::Lock idle_lock;
  Span* idle;                   // freed blocks on explicit huge pages, newest first
  std::atomic<std::uint64_t> idle_bytes;
  std::atomic<std::uint64_t> backing_bytes[4], reasons[pages::kReasons];
  Heap* next_spare;
  Seat inline_seats[kInlineSeats];
  ClassState classes[kClasses];
};

extern const char anchor_of_this_copy;

inline std::uint64_t decay_of(const Heap* h) { return h->opt.decay_ns; }
inline std::uint64_t deadline_from(const Heap* h, std::uint64_t stamp) {
  return h->opt.decay_ns == kNone ? kNone : stamp + h->opt.decay_ns;
}
inline map::Entry entry_for(const Heap* h, unsigned c) { return (h->owner << map::kOwnerShift) | c; }
// Says to compilers that what they know of c elsewhere is not of pools.
inline std::size_t pool_class_of(const std::uint32_t (&of)[cache::kPoolClasses + 1], unsigned c) {
  if (c > cache::kPoolClasses) __builtin_unreachable();
  return of[c];
}
inline std::size_t size_of(const Heap* h, unsigned c) {
  if (AKIT_LIKELY(h->kind == kKindTiered)) return size_of_class(c);
  return h->pool ? pool_class_of(h->pool->size, c) : extent_size(c);
}
inline std::size_t stride_of(const Heap* h, unsigned c) { return AKIT_UNLIKELY(h->pool != nullptr) ? pool_class_of(h->pool->stride, c) : stride_of_class(c); }
// The class with a bin that a block of n bytes with a span of its own belongs to; 0: none.
unsigned block_class(const Heap* h, std::size_t n);
inline bool is_slab_class(const Heap* h, unsigned c) { return c <= h->last_medium || c >= kFirstNatural; }  // pools: all

Options answered(const Heap* h);  // heap.cc: what config_get and suggest begin with
// resolve.cc: what will be in force; -EINVAL when it cannot be, -ENOSYS for NUMA without NUMA.
int resolve(Options& o, char (&name)[64]);
unsigned last_class_within(std::uint64_t n);

// registry.cc -----------------------------------------------------------------------------------
extern os::Lock registry_lock;  // handles alive, caches of threads; before every other lock of the tiered part
Heap* heap_by_owner(std::uint32_t owner);
bool owner_assign(Heap* h);          // under registry_lock
void stub_retire(akit_tiered* h);    // under registry_lock: stale from now on
akit_tiered* first_live();           // under registry_lock
inline bool has_heap(const akit_tiered* h) { return h->kind < kKindUring; }
extern Seat no_seats[1];
extern std::atomic<std::uint64_t> handles_live, handles_created;

// The heap behind h, or NULL after a report: NULL, stale, foreign or wrong-kind handle.
Heap* checked_heap(akit_tiered* h, Kind kind = kKindTiered, bool lingering_too = false);

// caches.cc -------------------------------------------------------------------------------------
AKIT_INLINE std::uint32_t seat_hash(std::uintptr_t tp) {
  return static_cast<std::uint32_t>((tp >> 6) * 0x9E3779B1u) >> 12;
}
// This thread's cache of h, made when there is none. NULL with errno EINVAL (bad handle) or ENOMEM.
ThreadCache* cache_for(akit_tiered* h, Kind kind = kKindTiered);
ThreadCache* cache_find(akit_tiered* h);  // only when it exists
void cache_release(Heap* h, ThreadCache* tc);        // memory goes back; under caches_lock
void detach_from_thread(ThreadCache* tc);            // under registry_lock
void* array_get(Heap* h, ThreadCache* tc);           // under tc->lock
void void_caches(Heap* h);                           // destroy; under registry_lock
extern ThreadCache no_cache;  // the empty sentinel: every call with it is a miss

// What `gets` of each class was when thieves last looked: unchanged means idle.
inline std::uint32_t* gets_seen(ThreadCache* tc) {
  return reinterpret_cast<std::uint32_t*>(reinterpret_cast<char*>(tc) + 4096);
}

// How often in a row a bin of this class ran empty, or full: runs move larger batches.
inline std::uint8_t* empty_runs(ThreadCache* tc) { return reinterpret_cast<std::uint8_t*>(gets_seen(tc) + kClasses); }
inline std::uint8_t* full_runs(ThreadCache* tc) { return empty_runs(tc) + kClasses; }
static_assert(kClasses * 6 <= cache::kArrayBytes);

// Allocations of class c that this cache counted, and those of caches that are gone. Pools count by length
// where that tells the class.
std::uint64_t pool_gets(const PoolPart* p, const ThreadCache* tc, unsigned c);
inline std::uint64_t gets_of(const ThreadCache* tc, unsigned c) {
  const PoolPart* p = static_cast<const Heap*>(tc->heap)->pool;
  return AKIT_LIKELY(!p) ? tc->gets[c].load(std::memory_order_relaxed) : pool_gets(p, tc, c);
}
std::uint64_t gets_retired(const Heap* h, unsigned c);

// pool_part.cc ----------------------------------------------------------------------------------
unsigned pool_classes(const Options& o, std::uint64_t (&out)[cache::kPoolClasses]);  // how many; 0: they make no sense
bool pool_open(Heap* h);   // false: no memory
void pool_close(Heap* h);
// What this cache saw go out and come back becomes part of the pool's own count. Only for its owner, or
// when it has none.
// `top` is the bin's word; of a class before and after its bin is changed by anything but gets and puts, of
// all classes at any time.
inline int slot_number(const cache::Slot* s) { return static_cast<int>((reinterpret_cast<std::uintptr_t>(s) & (cache::kArrayBytes - 1)) / sizeof *s); }
inline int told_above(const ThreadCache* tc, unsigned c, const cache::Slot* s) { return tc->told[c].load(std::memory_order_relaxed) - slot_number(s); }
void class_tell(Heap* h, ThreadCache* tc, unsigned c, cache::Slot* top);
void class_settle(ThreadCache* tc, unsigned c);
void peaks_tell(Heap* h, ThreadCache* tc);
// `net` more are out, and before that up to `most`. Class 0 stands for all.
void pool_count(Heap* h, unsigned c, std::int64_t net, std::int64_t most);
void peaks_reset(ThreadCache* tc);
// So many more idle buffers, where the caps allow it: counted until they are dismissed. Of a bin: as many as
// there is room for.
bool pool_admit(Heap* h, unsigned c, std::uint64_t n);
std::uint64_t pool_admit_bin(Heap* h, unsigned c, std::uint64_t want);
void pool_dismiss(Heap* h, unsigned c, std::uint64_t n);

// slab.cc, large.cc -----------------------------------------------------------------------------
bool charge(Heap* h, std::uint64_t bytes);           // false: over the cap
void uncharge(Heap* h, std::uint64_t bytes);
// The same for spans: where the page heaps keep the account, they have done it.
bool charge_span(Heap* h, std::uint64_t bytes);
void charge_beyond(Heap* h, std::uint64_t bytes);  // whatever the cap says
void uncharge_span(Heap* h, std::uint64_t bytes);
bool charge_of(Heap* h, const Span* s, std::uint64_t bytes);  // for this span, lent or not
void uncharge_of(Heap* h, const Span* s, std::uint64_t bytes);
void link_span(Heap* h, Span* s);
void unlink_span(Heap* h, Span* s);
unsigned slab_take(Heap* h, unsigned c, void** out, unsigned want);  // under the class lock; 0: none free
Span* slab_new(Heap* h, unsigned c, bool* over_cap);                 // no lock held; links it to the class
void slab_return(Heap* h, unsigned c, void* p, std::uint64_t stamp); // under the class lock; p marked in
void release_empty_slabs(Heap* h, unsigned c, std::uint64_t stamp);  // under the class lock
void release_slab_record(Heap* h, Span* s);
void release_span(Heap* h, Span* s, std::uint64_t stamp);            // clears the map, gives pages to the cache

struct BlockRequest {
  std::size_t size;        // usable bytes wanted
  std::size_t alignment;   // 0 or power of two
  unsigned cls;            // bin class, or 0 for none
  bool zeroed, guarded;
  bool no_cache = false;   // its pages leave when it is freed
  bool may_map = true;     // else only addresses that are mapped already
  bool beyond_cap = false;  // counts, but is not refused for it
};
// Where in its first page a block with a bin class starts; a function of the class and the page, so
// that a block start can be told from other addresses without its span.
std::size_t colour_of(const Heap* h, unsigned c, std::uintptr_t page);
Span* block_new(Heap* h, const BlockRequest& r, bool* over_cap);
void block_free(Heap* h, Span* s, std::uint64_t stamp);
// For a handle that zeroes on free: memory that another handle may have used reads as zero from now on.
void wipe_foreign(Heap* h, Span* s);
bool guards_gone(Span* s);                           // false: they cannot be taken away
void finish_block(Heap* h, Span* s, unsigned cls, std::size_t usable, std::uintptr_t start);

// realloc.cc: in place, or by moving pages; NULL: neither.
void* resize_span(Heap* h, Span* s, std::size_t n, bool may_move);
// query.cc: the span whose pages hold this address, in use or not.
Span* span_around(std::uintptr_t a);
std::uint64_t tag_at(const Span* s, std::uintptr_t base);  // pools: the caller's number with this buffer
std::uint64_t policy_node(const Heap* h);                  // the one node memory is bound to, kNone
// Whether this page of the handle's own page heaps is free: a block that started there was freed before.
bool is_free_page(const Heap* h, std::uintptr_t a);

// huge_block.cc: a block on the largest pages that the policy of `source` allows; its owner is h.
struct HugeRequest {
  std::size_t size, alignment;
  bool zeroed, no_cache;
};
Span* huge_block_new(Heap* h, Heap* source, const HugeRequest& r, bool* over_cap);
void huge_block_free(Heap* h, Span* s, std::uint64_t stamp);  // hugetlb role only
std::uint64_t idle_purge(Heap* h, std::uint64_t older_than);  // bytes
void huge_block_forget(Heap* h, Span* s);
void huge_blocks_forget(Heap* h);                             // child of a fork that did not copy them
unsigned tier_of(const Heap* h, std::size_t usable);  // 0 small .. 3 huge
// Whether the account of a page heap that refused so many bytes is used up: of this handle or its parent.
bool pages_are_full(Heap* h, unsigned heap, std::size_t bytes);
void count_direct(Heap* h, std::size_t usable, bool in);

// depot.cc --------------------------------------------------------------------------------------
// Takes n blocks out of a thread cache's hands: checks each (double frees and interior pointers end
// here), and keeps them as one batch or gives them to their spans. Returns how many were good.
unsigned depot_put(Heap* h, unsigned c, void* const* p, unsigned n, const void* from, std::uint64_t stamp, bool to_spans);
// Taking has two steps: under the class lock whole batches leave (or a part of one, into `out`); then
// they are unpacked and their blocks marked as out. The second needs the lock only for the smallest
// classes, whose blocks share bytes of marks.
struct Taken {
  Batch* whole;
  unsigned n;
};
Taken depot_take(Heap* h, unsigned c, void** out, unsigned want, const ThreadCache* to);
inline bool unpacks_under_lock(const Heap* h, unsigned c) { return is_slab_class(h, c) && stride_of(h, c) < map::kOwnByte; }
void depot_unpack(Heap* h, unsigned c, Taken t, void** out, ThreadCache* tc);
void mark_out(Heap* h, unsigned c, void* const* p, unsigned n);  // the same about the lock
void* depot_take_one(Heap* h, unsigned c);  // under the class lock; marked as out
void depot_return_emptied(ClassState& k, ThreadCache* tc);  // under the class lock
void depot_free_emptied(ThreadCache* tc);
std::uint64_t depot_flush(Heap* h, unsigned c, std::uint64_t older_than);             // batches to spans; bytes

// refill.cc, miss.cc ----------------------------------------------------------------------------
void* alloc_class(Heap* h, ThreadCache* tc, unsigned c, bool* zeroed);  // after a pop that missed
void* try_class(Heap* h, ThreadCache* tc, unsigned c, bool* zeroed, bool* at_cap);  // the same, and no failure is counted
// What the handle and those it stands on have cached goes to the page heaps.
void purge_at_cap(Heap* h);
void* alloc_direct(Heap* h, const BlockRequest& r, bool* zeroed);
bool free_class(Heap* h, ThreadCache* tc, unsigned c, void* p);  // after a push that missed
void free_found(Heap* h, ThreadCache* tc, void* p);              // any block of h
void free_without_cache(Heap* h, void* p);

// pin.cc: slabs that the kernel has registered -----------------------------------------------------
struct PinnedSlab {
  void* base;
  std::size_t bytes;
  std::size_t page;  // of explicit huge pages, else 0
};
// Pins up to `n` slabs of a pool of which `known` does not say that they are pinned already.
std::size_t pin_slabs(Heap* h, bool (*known)(void* arg, const void* base), void* arg, PinnedSlab* out, std::size_t n);
void keep_from_children(Heap* h, void* base);  // a pinned slab or ring does not exist in children of a fork from now on
void copy_to_children(Span* s);                // under h->spans_lock: the last pin is gone
void unpin_slab(Heap* h, void* base);          // the handle may have ended when this returns
std::uint64_t slabs_made(const Heap* h);       // changes with every new slab

// steal.cc --------------------------------------------------------------------------------------
// Takes bins of every cache of these heaps, also of threads that sleep, and gives the blocks to
// their spans. `idle_only`: bins without an allocation since the last look. Returns bytes moved.
std::uint64_t steal(Heap* const* heaps, unsigned n, bool idle_only, std::uint64_t stamp);
// Empties every bin of one cache: under tc->lock, its owner is the caller or gone.
void spill_all(Heap* h, ThreadCache* tc, bool to_spans, std::uint64_t stamp);

// stats.cc, node_bytes.cc -----------------------------------------------------------------------
void fill_handle(Heap* h, TieredStats* out);
struct ClassSum {
  std::uint64_t used, cached, depot, remote, gets, misses, discards, slabs, peak;
};
ClassSum sum_class(Heap* h, unsigned c, std::uint64_t* bins);  // under caches_lock
std::uint64_t cached_blocks(Heap* h);                 // in bins and depots
std::uint64_t used_blocks(Heap* h, unsigned c);       // neither
akit_tiered* stub_by_id(std::uint64_t id, Kind kind);  // under registry_lock; NULL: no open handle of that kind
std::int64_t bytes_on_node(Heap* h, std::uint32_t node);

// purge.cc --------------------------------------------------------------------------------------
// Whether pages under free blocks go back by themselves.
inline bool has_due_holes(const Heap* h) { return !h->fixed && !(h->watch & kWatchTool) && h->opt.decay_ns != kNone; }
bool tend_holes(Heap* h, std::uint64_t now);  // pools: those that are due. true: there will be more
std::uint64_t purge_holes(Heap* h);  // pages of partly used slabs that hold only free blocks; bytes
std::uint64_t flush_depots(Heap* h, std::uint64_t older_than);  // batches of all classes to spans; bytes
std::uint64_t purge_heap(Heap* h);   // caches and depots to spans, empty slabs to the process cache; bytes
void forget_warm(Heap* h);           // pools: no buffer is kept for its warm-up any more
void arm(Heap* h);                   // something may be cached: the purger should look
void disarm(Heap* h);                // destroy: waits for a round that is at work on it
void purge_if_due(std::uint64_t now);
bool finish_if_last(Heap* h);        // under registry_lock: closing and nothing out, the handle ends here
void destroy_if_last(akit_tiered* stub);
void finish_own(akit_tiered* stub);  // the same, after giving up what this thread's cache got meanwhile
void forget_blocks(Heap* h);         // child of a fork: memory of this handle was not copied

// checked.cc: calls that are watched ---------------------------------------------------------------
void* watched_alloc(akit_tiered* h, ThreadCache* tc, std::size_t n);
void watched_free(akit_tiered* h, ThreadCache* tc, void* p);
bool watch_out(Heap* h, void* p, std::size_t size, std::size_t usable, bool zeroed);  // block goes to the user
bool watch_in(Heap* h, void* p);  // block comes back; false: reported, nothing changed

// A block of h that starts at p and is not known to be free; NULL otherwise. Sets *cls (0: none).
struct Found {
  Heap* heap;
  Span* span;
  unsigned cls;
  std::size_t usable;
  int error;  // 0, ENOENT, EINVAL
};
// Freed, and kept: its entry has no class, and that is not because it is pinned or never yet freed.
inline bool is_cached(const Span* s) {
  return s->freed || (s->role == pages::Role::kBlock && s->pins == 0 && !s->was_zero && (map::entry_of(s->start) & 0xff) == 0);
}
Found find_block(const void* p);
void report(Heap* h, int error, const void* p);

}  // namespace akit::heap
