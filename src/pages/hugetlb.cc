#include "pages/hugetlb.h"

#include <errno.h>

#include "os/huge_pages.h"

namespace akit::pages {
namespace {

// Why mmap refused: the kernel says ENOMEM to all of these.
Reason why_refused(int rc, const HugetlbRequest& r, std::size_t size) {
  if (rc == -EPERM || rc == -EACCES) return kPermission;
  if (os::address_limit() != kNone && os::map_counters.bytes.load(std::memory_order_relaxed) + size > os::address_limit()) return kLimit;
  std::uint64_t pages = size / r.page, free = os::hugetlb_count(r.page, os::HugeCount::kFree, os::kAllNodes),
                promised = os::hugetlb_count(r.page, os::HugeCount::kReserved, os::kAllNodes);
  if (free - min(free, promised) < pages) return kNotReserved;
  return rc == -ENOMEM && os::cgroup_hugetlb_limit(r.page) != kNone ? kCgroup : kKernel;
}

// The reservation was ours, and still pages could not be taken.
Reason why_not_taken(const HugetlbRequest& r, std::size_t size) {
  if (r.numa == os::Numa::kBind) {
    std::uint64_t free = 0;
    for (unsigned n = 0; n < os::kMostNodes; ++n)
      if ((r.nodes >> n) & 1) free += os::hugetlb_count(r.page, os::HugeCount::kFree, n);
    if (free < size / r.page) return kNode;
  }
  return kCgroup;
}

// Alignment above the page's own costs addresses, not pages: a place is looked for with ordinary ones.
int map_aligned(std::size_t size, const HugetlbRequest& r, void** out) {
  if (r.alignment <= r.page) return os::map(nullptr, size, r.page, out);
  int rc = -ENOMEM;
  for (int i = 0; i < 4; ++i) {
    void* p;
    if ((rc = os::map(nullptr, size + r.alignment, 0, &p)) != 0) return rc;
    os::unmap(p, size + r.alignment);
    void* at = reinterpret_cast<void*>(align_up(reinterpret_cast<std::uintptr_t>(p), r.alignment));
    if ((rc = os::map(at, size, r.page, out)) != -EEXIST) return rc;  // another thread may have been quicker
  }
  return rc;
}

HugetlbResult refused(Span* s, Reason why, int rc) {
  if (s) span_delete(s);
  return {nullptr, why, -rc, 0};
}

}  // namespace

HugetlbResult map_hugetlb(const HugetlbRequest& r) {
  if (r.page == 0) return refused(nullptr, kKernel, -ENOSYS);
  if (r.bytes > PTRDIFF_MAX - r.page - r.alignment) return refused(nullptr, kLimit, -ENOMEM);
  std::size_t size = align_up(r.bytes, r.page);
  Span* s = span_new();
  if (!s) return refused(nullptr, kLimit, -ENOMEM);
  void* p;
  if (int rc = map_aligned(size, r, &p)) return refused(s, why_refused(rc, r, size), rc);
  if (int rc = os::bind(p, size, r.numa, r.nodes); rc != 0 && r.numa == os::Numa::kBind) {
    os::unmap(p, size);
    return refused(s, rc == -EPERM ? kPermission : kNode, rc);
  }
  std::uint64_t began = os::now_ns();
  int rc = os::advise(p, size, os::Advice::kPopulate);
  if (rc == -EINVAL) {
    // Linux before 5.14: what the reservation promised is there, so a look at each page takes it.
    for (std::size_t at = 0; at < size; at += r.page) __atomic_fetch_or(static_cast<char*>(p) + at, 0, __ATOMIC_RELAXED);
    rc = 0;
  }
  auto a = reinterpret_cast<std::uintptr_t>(p);
  if (rc != 0 || !map::cover(a, size, false, false)) {
    Reason why = rc != 0 ? why_not_taken(r, size) : kLimit;
    os::unmap(p, size);
    return refused(s, why, rc ? rc : -ENOMEM);
  }
  std::uint64_t took = os::now_ns() - began;
  if (r.dont_fork) os::advise(p, size, os::Advice::kDontFork);
  s->base = a;
  s->pages = size >> map::kPageShift;
  s->role = Role::kHugetlb;
  s->zero = true;
  map::set_span(a, s->number);
  map::set_span(s->end() - map::kPage, s->number);
  s->state.store(State::kInUse, std::memory_order_release);
  return {s, kNoReason, 0, took};
}

void forget_hugetlb(Span* s) {
  map::set_span(s->base, 0);
  map::set_span(s->end() - map::kPage, 0);
  span_delete(s);
}

void unmap_hugetlb(Span* s) {
  auto* p = s->memory();
  std::size_t bytes = s->bytes();
  forget_hugetlb(s);  // first: the addresses may be somebody else's the moment they are free
  os::unmap(p, bytes);
}

}  // namespace akit::pages
