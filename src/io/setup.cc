// Making an io_uring, as good as the kernel has it, and ending it.
#include <cerrno>
#include <cstring>

#include "io/handle.h"
#include "io/io.h"

namespace akit::io {
namespace {

constexpr std::uint32_t kEntries = 256, kMostEntries = 32768;

// From the best to what every kernel has. What is left of the flags tells what is in force.
int make_ring(Io& io) noexcept {
  unsigned wish = IORING_SETUP_SUBMIT_ALL;
  if (io.config.single_issuer == AKIT_IO_YES) wish |= IORING_SETUP_SINGLE_ISSUER;
  if (io.config.defer_taskrun == AKIT_IO_YES) wish |= IORING_SETUP_DEFER_TASKRUN;
  if (io.config.sqpoll == AKIT_IO_YES) wish |= IORING_SETUP_SQPOLL;
  static constexpr unsigned kGiveUp[] = {0, IORING_SETUP_DEFER_TASKRUN, IORING_SETUP_SINGLE_ISSUER,
                                         IORING_SETUP_SUBMIT_ALL, IORING_SETUP_SQPOLL};
  int rc = 0;
  for (const unsigned flag : kGiveUp) {
    if (flag && !(wish & flag)) continue;
    wish &= ~flag;
    io_uring_params params{};
    params.flags = wish;
    rc = io_uring_queue_init_params(io.config.entries, &io.ring, &params);
    if (rc >= 0) break;
    // Older kernels keep the polling thread to the superuser.
    if (rc != -EINVAL && !(rc == -EPERM && wish & IORING_SETUP_SQPOLL)) return rc;
  }
  if (rc < 0) return rc;
  const auto in_force = [wish](unsigned flag) { return wish & flag ? AKIT_IO_YES : AKIT_IO_NO; };
  io.config.single_issuer = in_force(IORING_SETUP_SINGLE_ISSUER);
  io.config.defer_taskrun = in_force(IORING_SETUP_DEFER_TASKRUN);
  io.config.sqpoll = in_force(IORING_SETUP_SQPOLL);
  io.config.entries = io.ring.sq.ring_entries;
  return 0;
}

// Multishot is no operation of its own; each came with one that can be asked for.
int look_at_operations(Io& io) noexcept {
  constexpr unsigned kMostOperations = 256;
  alignas(io_uring_probe) unsigned char
      memory[sizeof(io_uring_probe) + kMostOperations * sizeof(io_uring_probe_op)] = {};
  auto* probe = reinterpret_cast<io_uring_probe*>(memory);
  if (io_uring_register_probe(&io.ring, probe, kMostOperations) < 0 ||
      !io_uring_opcode_supported(probe, IORING_OP_READ))
    return -ENOSYS;
  const bool allowed = !(io.config.flags & AKIT_IO_NO_MULTISHOT);
  io.multishot_receive = allowed && io_uring_opcode_supported(probe, IORING_OP_SEND_ZC);
  io.multishot_accept = allowed && io_uring_opcode_supported(probe, IORING_OP_SOCKET);
  return 0;
}

// `name` as it was given: whether it is a good one is the registration's to say.
int attach(Io& io, const char* name) noexcept {
  akit_uring_config cfg = AKIT_URING_CONFIG_INIT;
  cfg.name = name;
  cfg.ring_fd = io.ring.ring_fd;
  cfg.flags = AKIT_URING_CREATE_TABLE;
  cfg.slot_count = io.config.slot_count;
  cfg.tag_base = kDrained;
  cfg.memlock_bytes = io.config.memlock_bytes;
  if (const int rc = akit_uring_create(&cfg, &io.registration); rc < 0) return rc;
  akit_uring_stats st = AKIT_URING_STATS_INIT;
  akit_uring_stats_get(io.registration, &st);
  io.config.slot_count = static_cast<std::uint32_t>(st.slots);
  return 0;
}

int check(const akit_io_config& cfg) noexcept {
  if (cfg.flags & ~std::uint64_t{AKIT_IO_NO_MULTISHOT}) return -EINVAL;
  if (cfg.entries > kMostEntries || cfg.slot_count > 16384 || cfg.reserved0) return -EINVAL;
  if (cfg.single_issuer > AKIT_IO_NO || cfg.defer_taskrun > AKIT_IO_NO || cfg.sqpoll > AKIT_IO_NO)
    return -EINVAL;
  const bool defer = cfg.defer_taskrun == AKIT_IO_YES;
  return defer && (cfg.single_issuer != AKIT_IO_YES || cfg.sqpoll == AKIT_IO_YES) ? -EINVAL : 0;
}

void fill_in(Io& io, const akit_io_config& cfg) noexcept {
  io.config = cfg;
  if (cfg.name) {
    std::strncpy(io.name, cfg.name, sizeof io.name - 1);
    io.config.name = io.name;
  }
  if (!cfg.entries) io.config.entries = kEntries;
  if (!cfg.defer_taskrun && cfg.single_issuer == AKIT_IO_YES && cfg.sqpoll != AKIT_IO_YES)
    io.config.defer_taskrun = AKIT_IO_YES;
}

int start(Io& io, const char* name) noexcept {
  if (const int rc = make_ring(io); rc < 0) return rc;
  int rc = look_at_operations(io);
  if (rc >= 0) {
    const std::uint32_t most = io.ring.cq.ring_entries;
    io.event_memory = static_cast<akit_io_event*>(memory_get(most * sizeof(akit_io_event)));
    rc = io.event_memory ? attach(io, name) : -ENOMEM;
    if (rc >= 0) {
      io.events.init(io.event_memory, most);
      return 0;
    }
    memory_put(io.event_memory);
  }
  io_uring_queue_exit(&io.ring);
  return rc;
}

// Returns when nothing is with the kernel, or with the reason why that cannot be known.
int quiet(Io& io) noexcept {
  fetch(io);
  for (;;) {
    cancel_everything(io);
    if (io.in_kernel == 0 && io.silent == 0) return 0;
    const int rc = io_uring_submit_and_wait(&io.ring, 1);
    const bool fetched = fetch(io);
    if (rc < 0 && rc != -EINTR && rc != -EAGAIN && !(rc == -EBUSY && fetched)) return rc;
  }
}

}  // namespace

int make(const akit_io_config& cfg, Io** out) noexcept {
  if (const int rc = check(cfg); rc < 0) return rc;
  auto* io = static_cast<Io*>(memory_get(sizeof(Io)));
  if (!io) return -ENOMEM;
  fill_in(*io, cfg);
  io->waiting_first = Requests::kNone;
  io->requests.init();
  if (const int rc = start(*io, cfg.name); rc < 0) {
    memory_put(io);
    return rc;
  }
  io->alive = 1;
  *out = io;
  return 0;
}

int end(Io& io, bool now) noexcept {
  io.ending = true;
  forget_queued(io);
  while (io.events.size()) drop(io, io.events.pop());
  const int rc = now ? (io.silent ? io_uring_submit(&io.ring) : 0) : quiet(io);
  // Without the certainty that the kernel is done, memory that is registered must stay where it is.
  akit_uring_destroy(io.registration, rc < 0 ? 0 : AKIT_DESTROY_NOW);
  io_uring_queue_exit(&io.ring);
  io.alive = 0;
  memory_put(io.event_memory);
  io.requests.end();
  memory_put(&io);
  return rc < 0 ? rc : 0;
}

}  // namespace akit::io
