#include <cerrno>

#include "io/io.h"

namespace akit::io {
namespace {

int ask_to_end(Io& io, Request& r) noexcept {
  int rc;
  io_uring_sqe* sqe = next_sqe(io, rc);
  if (!sqe) return rc;
  io_uring_prep_cancel64(sqe, r.name(), 0);
  io_uring_sqe_set_data64(sqe, kSilent);
  io.silent++;
  r.cancelled = true;
  return 0;
}

}  // namespace

// What was queued and not sent never happens. From here on the request is one of no kind: what its
// place in the queue answers is neither a descriptor nor a buffer.
void forget_queued(Io& io) noexcept {
  io_uring_sq& sq = io.ring.sq;
  for (unsigned i = sq.sqe_head; i != sq.sqe_tail; i++) {
    io_uring_sqe* sqe = &sq.sqes[i & sq.ring_mask];
    const std::uint64_t name = sqe->user_data;
    if (name & kSilent) continue;
    io_uring_prep_nop(sqe);
    io_uring_sqe_set_data64(sqe, name);
    io_uring_sqe_set_flags(sqe, 0);
    Request* r = io.requests.find(name);
    if (!r || !r->goes_on()) continue;
    io.going_on--;
    if (r->op == Op::kRecvGroup) io.groups[r->group].users--;
    r->op = Op::kRead;
  }
}

int cancel(Io& io, std::uint64_t user_data) noexcept {
  if (io.events.full()) return -EBUSY;
  int asked = static_cast<int>(unlink_waiting(io, user_data, false));
  for (std::uint32_t i = 0; i < io.requests.made(); i++) {
    Request& r = io.requests.at(i);
    if (r.state != State::kKernel || r.cancelled || r.user_data != user_data) continue;
    if (const int rc = ask_to_end(io, r); rc < 0) return rc;
    asked++;
  }
  return asked ? asked : -ENOENT;
}

void cancel_everything(Io& io) noexcept {
  unlink_waiting(io, 0, true);
  for (std::uint32_t i = 0; i < io.requests.made(); i++) {
    Request& r = io.requests.at(i);
    if (r.state == State::kKernel && !r.cancelled && ask_to_end(io, r) < 0) return;
  }
}

}  // namespace akit::io
