// The exported functions of liballockit_io.
#include <allockit/io.h>

#include "abi_struct.h"
#include "io/handle.h"
#include "io/io.h"

namespace abi = akit::abi;
namespace core = akit::io;
using core::Op;

namespace {

// The fields that are not counters, as they are now.
akit_io_stats stats_of(core::Io& io) noexcept {
  akit_io_stats st = io.stats;
  st.entries = io.config.entries;
  st.queued = io_uring_sq_ready(&io.ring);
  st.in_flight = io.requests.live();
  st.starved = core::starved(io);
  st.events_ready = io.events.size();
  return st;
}

}  // namespace

extern "C" {

int akit_io_config_init(akit_io_config* cfg, size_t size) {
  if (cfg == nullptr || abi::check_size(size, sizeof *cfg) < 0) return -EINVAL;
  std::memset(static_cast<void*>(cfg), 0, size);
  cfg->struct_size = size;
  return 0;
}

int akit_io_create(const akit_io_config* cfg, akit_io** out) {
  if (out == nullptr) return -EINVAL;
  *out = nullptr;
  akit_io_config c{};
  if (cfg != nullptr)
    if (const int rc = abi::copy_in(cfg, c, sizeof c); rc < 0) return rc;
  core::Io* io = nullptr;
  if (const int rc = core::make(c, &io); rc < 0) return rc;
  const int rc = core::publish(io, out);
  if (rc < 0) core::end(*io, true);
  return rc;
}

// Unknown flags do not keep the handle alive.
int akit_io_destroy(akit_io* h, uint32_t flags) {
  if (h == nullptr) return 0;
  core::Io* io = core::resolve(h);
  if (io == nullptr) return -EINVAL;
  core::retract(h);
  const int rc = core::end(*io, flags & AKIT_DESTROY_NOW);
  if (rc < 0) return rc;
  return flags & ~(AKIT_DESTROY_DEFER | AKIT_DESTROY_NOW) ? -EINVAL : 0;
}

int akit_io_config_get(akit_io* h, akit_io_config* out) {
  core::Io* io = core::resolve(h);
  if (io == nullptr || abi::check_out(out) < 0) return -EINVAL;
  abi::copy_out(out, io->config);
  return 0;
}

int akit_io_stats_get(akit_io* h, akit_io_stats* out) {
  core::Io* io = core::resolve(h);
  if (io == nullptr || abi::check_out(out) < 0) return -EINVAL;
  abi::copy_out(out, stats_of(*io));
  return 0;
}

akit_uring* akit_io_registration(akit_io* h) {
  core::Io* io = core::resolve(h);
  if (io != nullptr) return io->registration;
  errno = EINVAL;
  return nullptr;
}

int akit_io_fd(akit_io* h) {
  core::Io* io = core::resolve(h);
  return io ? io->ring.ring_fd : -EINVAL;
}

int akit_io_read(akit_io* h, int fd, void* p, size_t length, uint64_t offset, uint64_t user_data) {
  core::Io* io = core::resolve(h);
  return io ? core::transfer(*io, Op::kRead, fd, p, length, offset, 0, user_data) : -EINVAL;
}

int akit_io_write(akit_io* h, int fd, const void* p, size_t length, uint64_t offset,
                  uint64_t user_data) {
  core::Io* io = core::resolve(h);
  return io ? core::transfer(*io, Op::kWrite, fd, p, length, offset, 0, user_data) : -EINVAL;
}

int akit_io_send(akit_io* h, int fd, const void* p, size_t length, uint32_t flags,
                 uint64_t user_data) {
  core::Io* io = core::resolve(h);
  return io ? core::transfer(*io, Op::kSend, fd, p, length, 0, flags, user_data) : -EINVAL;
}

int akit_io_recv(akit_io* h, int fd, void* p, size_t length, uint32_t flags, uint64_t user_data) {
  core::Io* io = core::resolve(h);
  return io ? core::transfer(*io, Op::kRecv, fd, p, length, 0, flags, user_data) : -EINVAL;
}

int akit_io_recv_group(akit_io* h, int fd, akit_uring_group* group, uint32_t flags,
                       uint64_t user_data) {
  core::Io* io = core::resolve(h);
  return io ? core::receive_into(*io, fd, group, flags, user_data) : -EINVAL;
}

int akit_io_accept(akit_io* h, int fd, uint32_t flags, uint64_t user_data) {
  core::Io* io = core::resolve(h);
  return io ? core::accept_from(*io, fd, flags, user_data) : -EINVAL;
}

int akit_io_cancel(akit_io* h, uint64_t user_data) {
  core::Io* io = core::resolve(h);
  return io ? core::cancel(*io, user_data) : -EINVAL;
}

int akit_io_submit(akit_io* h, uint32_t wait_for, uint64_t timeout_ns) {
  core::Io* io = core::resolve(h);
  return io ? core::submit(*io, wait_for, timeout_ns) : -EINVAL;
}

size_t akit_io_take(akit_io* h, akit_io_event* events, size_t n) {
  core::Io* io = core::resolve(h);
  return io && events ? core::take(*io, events, n) : 0;
}

}  // extern "C"
