// Receives and accepts that go on: the kernel ended them for now, or their group is dry.
#include <cerrno>

#include "io/io.h"

namespace akit::io {
namespace {

// Once for all completions of a turn.
void refill(Io& io) noexcept {
  for (std::uint32_t i = 0; i < io.groups_used; i++) {
    Group& g = io.groups[i];
    if (g.users) g.refilled = akit_uring_group_refill(g.handle);
  }
}

}  // namespace

void wait_to_be_armed(Io& io, Request& r) noexcept {
  r.state = State::kWaiting;
  r.next = Requests::kNone;
  if (io.waiting_first == Requests::kNone) io.waiting_first = r.number;
  else io.requests.at(io.waiting_last).next = r.number;
  io.waiting_last = r.number;
}

void let_go(Io& io, Request* r) noexcept {
  if (r->op == Op::kRecvGroup) io.groups[r->group].users--;
  io.requests.release(r);
}

std::uint64_t starved(Io& io) noexcept {
  std::uint64_t n = 0;
  for (std::uint32_t i = io.waiting_first; i != Requests::kNone; i = io.requests.at(i).next)
    n += io.requests.at(i).op == Op::kRecvGroup;
  return n;
}

std::uint32_t unlink_waiting(Io& io, std::uint64_t user_data, bool all) noexcept {
  std::uint32_t ended = 0;
  std::uint32_t number = io.waiting_first;
  io.waiting_first = Requests::kNone;
  while (number != Requests::kNone) {
    Request& r = io.requests.at(number);
    number = r.next;
    if (!all && (r.user_data != user_data || io.events.full())) {
      wait_to_be_armed(io, r);
      continue;
    }
    if (!all) io.events.push({r.user_data, -ECANCELED, 0, nullptr, nullptr});
    let_go(io, &r);
    ended++;
  }
  return ended;
}

// All that wait for one group are armed when it has anything: one that is left out might be the one
// whose data has come, and nothing would wake it.
void arm_waiting(Io& io) noexcept {
  refill(io);
  std::uint32_t number = io.waiting_first;
  io.waiting_first = Requests::kNone;
  while (number != Requests::kNone) {
    Request& r = io.requests.at(number);
    number = r.next;
    const int filled = r.op == Op::kRecvGroup ? io.groups[r.group].refilled : 0;
    const bool again = r.armed;
    const bool dry = filled == -ENOBUFS || filled == -ENOMEM;
    if (filled < 0 && !dry && !io.events.full()) {  // no group any more, or no pool behind it
      io.events.push({r.user_data, filled, 0, nullptr, nullptr});
      let_go(io, &r);
    } else if (filled < 0 || arm(io, r) < 0) {
      wait_to_be_armed(io, r);
    } else {
      io.stats.rearms_total += again;
    }
  }
}

}  // namespace akit::io
