#include <cerrno>

#include "io/io.h"

namespace akit::io {
namespace {

// Buffers of a group may be put back by other threads, and nothing tells.
constexpr std::uint64_t kLookAtGroups = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;

std::uint64_t now_ns() noexcept {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * kSecond + static_cast<std::uint64_t>(ts.tv_nsec);
}

// What remains of a time; the clock is read only when somebody waits a second time.
class Patience {
 public:
  explicit Patience(std::uint64_t ns) noexcept : left_(ns) {}
  bool bounded() const noexcept { return left_ != AKIT_NONE; }
  std::uint64_t left() const noexcept { return left_; }
  void start() noexcept {
    if (bounded() && !end_) end_ = now_ns() + (left_ < AKIT_NONE / 4 ? left_ : AKIT_NONE / 4);
  }
  void look() noexcept {
    if (!bounded()) return;
    const std::uint64_t now = now_ns();
    left_ = now < end_ ? end_ - now : 0;
  }

 private:
  std::uint64_t left_, end_ = 0;
};

// How many completions are worth waiting for.
std::uint32_t wanted(const Io& io, std::uint32_t wait_for) noexcept {
  const std::uint32_t ready = io.events.size();
  if (ready >= wait_for) return 0;
  const std::uint32_t missing = wait_for - ready;
  if (io.going_on || missing <= io.in_kernel) return missing;
  return io.in_kernel ? io.in_kernel : io.waiting_first != Requests::kNone;
}

int enter(Io& io, std::uint32_t want, std::uint64_t timeout_ns) noexcept {
  if (want == 0) {
    const bool fetch_too = io.config.defer_taskrun == AKIT_IO_YES || io_uring_cq_has_overflow(&io.ring);
    if (!fetch_too && io_uring_sq_ready(&io.ring) == 0) return 0;
    io.stats.submits_total++;
    return fetch_too ? io_uring_submit_and_get_events(&io.ring) : io_uring_submit(&io.ring);
  }
  io.stats.submits_total++;
  if (timeout_ns == AKIT_NONE) return io_uring_submit_and_wait(&io.ring, want);
  __kernel_timespec ts{static_cast<std::int64_t>(timeout_ns / kSecond),
                       static_cast<long long>(timeout_ns % kSecond)};
  io_uring_cqe* unused;
  return io_uring_submit_and_wait_timeout(&io.ring, &unused, want, &ts, nullptr);
}

}  // namespace

int submit(Io& io, std::uint32_t wait_for, std::uint64_t timeout_ns) noexcept {
  if (wait_for > io.ring.cq.ring_entries) return -EINVAL;
  Patience patience(timeout_ns);
  fetch(io);
  for (;;) {
    arm_waiting(io);
    const std::uint32_t want = patience.left() ? wanted(io, wait_for) : 0;
    std::uint64_t slice = patience.left();
    if (io.waiting_first != Requests::kNone && slice > kLookAtGroups) slice = kLookAtGroups;
    if (want) patience.start();
    const int rc = enter(io, want, slice);
    const bool fetched = fetch(io);
    const auto ready = static_cast<int>(io.events.size());
    if (rc == -EINTR) return ready ? ready : rc;
    if (rc == -EBUSY && fetched) continue;  // there is room again for what was refused
    if (rc < 0 && rc != -ETIME) return rc;
    if (want == 0 || io.events.size() >= wait_for) return ready;
    patience.look();
  }
}

std::size_t take(Io& io, akit_io_event* events, std::size_t n) noexcept {
  std::size_t taken = 0;
  while (taken < n) {
    if (io.events.size() == 0 && (!fetch(io) || io.events.size() == 0)) break;
    events[taken] = io.events.pop();
    events[taken++].flags &= ~kEventDescriptor;
  }
  io.stats.events_total += taken;
  return taken;
}

}  // namespace akit::io
