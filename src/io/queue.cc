// Requests on their way to the kernel.
#include <cerrno>

#include "io/io.h"

namespace akit::io {
namespace {

// What read(2) and send(2) transfer at most.
constexpr std::size_t kMostBytes = 0x7ffff000;

void send_on(Io& io, Request& r, io_uring_sqe* sqe) noexcept {
  io_uring_sqe_set_data64(sqe, r.name());
  r.state = State::kKernel;
  r.armed = true;
  io.in_kernel++;
  if (r.goes_on()) io.going_on++;
}

// A place among the groups, with one user more.
int name_group(Io& io, akit_uring_group* handle, std::uint16_t& place) noexcept {
  std::uint32_t unused = kGroups;
  for (std::uint32_t i = 0; i < io.groups_used; i++) {
    Group& g = io.groups[i];
    if (g.users == 0) {
      unused = i;
    } else if (g.handle == handle) {
      g.users++;
      place = static_cast<std::uint16_t>(i);
      return 0;
    }
  }
  akit_uring_group_stats st = AKIT_URING_GROUP_STATS_INIT;
  if (const int rc = akit_uring_group_stats_get(handle, &st); rc < 0) return rc;
  if (unused == kGroups) {
    if (io.groups_used == kGroups) return -ENOSPC;
    unused = io.groups_used++;
  }
  io.groups[unused] = {handle, 1, static_cast<std::uint16_t>(st.group_id), 0};
  place = static_cast<std::uint16_t>(unused);
  return 0;
}

Request* begin(Io& io, Op op, int fd, std::uint32_t flags, std::uint64_t user_data) noexcept {
  Request* r = io.requests.acquire();
  if (!r) return nullptr;
  r->op = op;
  r->fd = fd;
  r->flags = flags;
  r->user_data = user_data;
  return r;
}

}  // namespace

io_uring_sqe* next_sqe(Io& io, int& rc) noexcept {
  rc = 0;
  if (io_uring_sqe* sqe = io_uring_get_sqe(&io.ring)) return sqe;
  io.stats.full_total++;
  io.stats.submits_total++;
  rc = io_uring_submit(&io.ring);
  if (rc >= 0 && io.config.sqpoll == AKIT_IO_YES) io_uring_sqring_wait(&io.ring);
  if (rc < 0 && rc != -EAGAIN) return nullptr;
  io_uring_sqe* sqe = io_uring_get_sqe(&io.ring);
  rc = sqe ? 0 : -EBUSY;
  return sqe;
}

int transfer(Io& io, Op op, int fd, const void* p, std::size_t length, std::uint64_t offset,
             std::uint32_t flags, std::uint64_t user_data) noexcept {
  Request* r = begin(io, op, fd, flags, user_data);
  if (!r) return -ENOMEM;
  int rc;
  io_uring_sqe* sqe = next_sqe(io, rc);
  if (!sqe) {
    io.requests.release(r);
    return rc;
  }
  const auto bytes = static_cast<unsigned>(length < kMostBytes ? length : kMostBytes);
  void* at = const_cast<void*>(p);
  const bool file = op == Op::kRead || op == Op::kWrite;
  const int slot = file ? akit_uring_lookup(io.registration, p, bytes) : -ENOENT;
  if (slot >= 0) {
    r->fixed = true;
    io.stats.fixed_total++;
    if (op == Op::kRead) io_uring_prep_read_fixed(sqe, fd, at, bytes, offset, slot);
    else io_uring_prep_write_fixed(sqe, fd, at, bytes, offset, slot);
  } else {
    switch (op) {
      case Op::kRead: io_uring_prep_read(sqe, fd, at, bytes, offset); break;
      case Op::kWrite: io_uring_prep_write(sqe, fd, at, bytes, offset); break;
      case Op::kSend: io_uring_prep_send(sqe, fd, at, bytes, static_cast<int>(flags)); break;
      default: io_uring_prep_recv(sqe, fd, at, bytes, static_cast<int>(flags)); break;
    }
  }
  io.stats.requests_total++;
  send_on(io, *r, sqe);
  return 0;
}

int arm(Io& io, Request& r) noexcept {
  int rc;
  io_uring_sqe* sqe = next_sqe(io, rc);
  if (!sqe) return rc;
  const int flags = static_cast<int>(r.flags);
  if (r.op == Op::kAccept) {
    if (io.multishot_accept) io_uring_prep_multishot_accept(sqe, r.fd, nullptr, nullptr, flags);
    else io_uring_prep_accept(sqe, r.fd, nullptr, nullptr, flags);
  } else {
    if (io.multishot_receive) io_uring_prep_recv_multishot(sqe, r.fd, nullptr, 0, flags);
    else io_uring_prep_recv(sqe, r.fd, nullptr, 0, flags);
    io_uring_sqe_set_flags(sqe, IOSQE_BUFFER_SELECT);
    sqe->buf_group = io.groups[r.group].group_id;
  }
  send_on(io, r, sqe);
  return 0;
}

int receive_into(Io& io, int fd, akit_uring_group* group, std::uint32_t flags,
                 std::uint64_t user_data) noexcept {
  std::uint16_t place;
  if (const int rc = name_group(io, group, place); rc < 0) return rc;
  Request* r = begin(io, Op::kRecvGroup, fd, flags, user_data);
  if (!r) {
    io.groups[place].users--;
    return -ENOMEM;
  }
  r->group = place;
  io.stats.requests_total++;
  wait_to_be_armed(io, *r);  // until akit_io_submit has filled the group
  return 0;
}

int accept_from(Io& io, int fd, std::uint32_t flags, std::uint64_t user_data) noexcept {
  Request* r = begin(io, Op::kAccept, fd, flags, user_data);
  if (!r) return -ENOMEM;
  if (const int rc = arm(io, *r); rc < 0) {
    io.requests.release(r);
    return rc;
  }
  io.stats.requests_total++;
  return 0;
}

}  // namespace akit::io
