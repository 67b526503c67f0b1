// From completions of the kernel to events.
#include <cerrno>

#include "io/io.h"

namespace akit::io {
namespace {

void deliver(Io& io, const akit_io_event& e) noexcept {
  if (io.ending) drop(io, e);
  else io.events.push(e);
}

// True: the receive goes on, as far as this completion is concerned.
bool received(Io& io, Request& r, unsigned flags, akit_io_event& e) noexcept {
  akit_uring_group* group = io.groups[r.group].handle;
  void* p = nullptr;
  std::size_t length = 0;
  const int rc = akit_uring_group_take(group, e.res, flags, &p, &length);
  if (rc < 0) e.res = rc;
  if (rc != 1) return false;
  if (length == 0) {  // the end of the stream, with a buffer that was picked for nothing
    akit_uring_group_put(group, p);
    e.res = 0;
    return false;
  }
  e.flags |= AKIT_IO_EVENT_BUFFER;
  e.buffer = p;
  e.group = group;
  return true;
}

void complete_request(Io& io, Request& r, int res, unsigned flags) noexcept {
  const bool more = flags & IORING_CQE_F_MORE;
  akit_io_event e{r.user_data, res, 0, nullptr, nullptr};
  bool goes_on = false;
  if (r.op == Op::kRecvGroup) {
    goes_on = received(io, r, flags, e);
  } else if (r.op == Op::kAccept && res >= 0) {
    goes_on = true;
    e.flags |= kEventDescriptor;
  } else if (r.fixed) {
    e.flags |= AKIT_IO_EVENT_FIXED;
  }
  if (more) {
    e.flags |= AKIT_IO_EVENT_MORE;
    deliver(io, e);
    return;
  }
  io.in_kernel--;
  if (r.goes_on()) io.going_on--;
  const bool stays = !r.cancelled && !io.ending;
  if (r.op == Op::kRecvGroup && e.res == -ENOBUFS) {
    io.stats.enobufs_total++;
    if (stays) return wait_to_be_armed(io, r);
    e.res = -ECANCELED;
  }
  if (goes_on && stays) {
    e.flags |= AKIT_IO_EVENT_MORE;
    wait_to_be_armed(io, r);
  } else {
    let_go(io, &r);
  }
  deliver(io, e);
}

void complete(Io& io, std::uint64_t name, int res, unsigned flags) noexcept {
  if (name == LIBURING_UDATA_TIMEOUT) return;
  if (name & kDrained) {
    io.stats.drained_total++;
    akit_uring_drained(io.registration, name);
  } else if (name & kSilent) {
    io.silent--;
  } else if (Request* r = io.requests.find(name)) {
    complete_request(io, *r, res, flags);
  }
}

}  // namespace

bool fetch(Io& io) noexcept {
  unsigned head, seen = 0;
  io_uring_cqe* cqe;
  io_uring_for_each_cqe(&io.ring, head, cqe) {
    if (io.events.full()) break;
    seen++;
    complete(io, cqe->user_data, cqe->res, cqe->flags);
  }
  io_uring_cq_advance(&io.ring, seen);
  return seen > 0;
}

void drop(Io& io, const akit_io_event& e) noexcept {
  if (e.flags & AKIT_IO_EVENT_BUFFER) akit_uring_group_put(e.group, e.buffer);
  int rc;
  if (e.flags & kEventDescriptor)
    if (io_uring_sqe* sqe = next_sqe(io, rc)) {
      io_uring_prep_close(sqe, e.res);
      io_uring_sqe_set_data64(sqe, kSilent);
      io.silent++;
    }
}

}  // namespace akit::io
