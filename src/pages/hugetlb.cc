#include "pages/hugetlb.h"

#include <errno.h>

#include "os/sys.h"

namespace akit::pages {

using pages::Span;

pages::Span* map_hugetlb(std::size_t bytes, std::size_t alignment, bool dont_fork, Reason* why) {
  std::size_t page = os::hugetlb_size();
  *why = kKernel;
  if (page == 0) return nullptr;
  *why = kLimit;
  if (bytes > PTRDIFF_MAX - page || alignment > page) return nullptr;
  std::size_t size = align_up(bytes, page);
  Span* s = pages::span_new();
  if (!s) return nullptr;
  void* p;
  int rc = os::map(nullptr, size, os::kMapHugetlb, &p);
  if (rc != 0) {
    *why = rc == -ENOMEM ? kNotReserved : rc == -EPERM || rc == -EACCES ? kPermission : kKernel;
    pages::span_delete(s);
    return nullptr;
  }
  // The reservation is ours, but a cgroup limit shows only when the pages are taken.
  rc = os::advise(p, size, os::Advice::kPopulate);
  if (rc != 0 && rc != -EINVAL) {
    *why = kCgroup;
    os::unmap(p, size);
    pages::span_delete(s);
    return nullptr;
  }
  auto a = reinterpret_cast<std::uintptr_t>(p);
  if (!map::cover(a, size, false, false)) {
    os::unmap(p, size);
    pages::span_delete(s);
    return nullptr;
  }
  if (dont_fork) os::advise(p, size, os::Advice::kDontFork);
  s->base = a;
  s->pages = size >> map::kPageShift;
  s->role = pages::Role::kHugetlb;
  s->backing = kHuge;
  s->zero = true;
  map::set_span(a, s->number);
  map::set_span(s->end() - map::kPage, s->number);
  s->state.store(pages::State::kInUse, std::memory_order_release);
  *why = kNoReason;
  return s;
}

void unmap_hugetlb(pages::Span* s) {
  map::set_span(s->base, 0);
  map::set_span(s->end() - map::kPage, 0);
  os::unmap(reinterpret_cast<void*>(s->base), s->bytes());
  pages::span_delete(s);
}

}  // namespace akit::pages
