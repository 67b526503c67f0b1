// One io_uring of our own, with its books. Only this folder knows liburing, and it reaches the kit
// through the public functions alone: it is another library.
#pragma once
#include <allockit/io.h>
#include <liburing.h>

#include "io/requests.h"

namespace akit::io {

// Events that were fetched from the kernel and not taken. As many fit as completions fit into the
// kernel's queue, so whoever waits for that many gets them.
class Events {
 public:
  void init(akit_io_event* memory, std::uint32_t size) noexcept {
    at_ = memory;
    mask_ = size - 1;
  }
  std::uint32_t size() const noexcept { return tail_ - head_; }
  bool full() const noexcept { return size() > mask_; }
  void push(const akit_io_event& e) noexcept { at_[tail_++ & mask_] = e; }
  akit_io_event pop() noexcept { return at_[head_++ & mask_]; }

 private:
  akit_io_event* at_;
  std::uint32_t head_, tail_, mask_;
};

// Inside Events only: res is a descriptor that somebody must close.
inline constexpr std::uint32_t kEventDescriptor = 1u << 31;

// A group that receives name.
struct Group {
  akit_uring_group* handle;
  std::uint32_t users;     // receives; 0: this place is free
  std::uint16_t group_id;
  std::int32_t refilled;   // answer of the last refill
};
inline constexpr std::uint32_t kGroups = 256;

struct Io {
  std::uint32_t alive;  // reads as 0 in the child of a fork
  bool multishot_receive, multishot_accept;
  bool ending;              // events are dropped from now on
  std::uint32_t in_kernel;  // requests in State::kKernel
  std::uint32_t going_on;   // of these, those that give any number of events
  std::uint32_t silent;     // cancels and closes of our own
  std::uint32_t waiting_first, waiting_last, groups_used;
  struct io_uring ring;
  akit_uring* registration;
  akit_io_event* event_memory;
  Events events;
  akit_io_config config;  // in force
  char name[64];
  akit_io_stats stats;    // the counters; the rest is filled when it is asked for
  Group groups[kGroups];
  Requests requests;
};

// setup.cc
int make(const akit_io_config& cfg, Io** out) noexcept;
int end(Io& io, bool now) noexcept;

// queue.cc: requests on their way to the kernel
io_uring_sqe* next_sqe(Io& io, int& rc) noexcept;
int transfer(Io& io, Op op, int fd, const void* p, std::size_t length, std::uint64_t offset,
             std::uint32_t flags, std::uint64_t user_data) noexcept;
int receive_into(Io& io, int fd, akit_uring_group* group, std::uint32_t flags,
                 std::uint64_t user_data) noexcept;
int accept_from(Io& io, int fd, std::uint32_t flags, std::uint64_t user_data) noexcept;
int arm(Io& io, Request& r) noexcept;

// cancel.cc
int cancel(Io& io, std::uint64_t user_data) noexcept;
void cancel_everything(Io& io) noexcept;  // as many as the queue takes
void forget_queued(Io& io) noexcept;

// waiting.cc: receives and accepts that go on and wait to be armed again
void wait_to_be_armed(Io& io, Request& r) noexcept;
std::uint32_t unlink_waiting(Io& io, std::uint64_t user_data, bool all) noexcept;  // how many ended
void arm_waiting(Io& io) noexcept;
std::uint64_t starved(Io& io) noexcept;  // receives without a buffer
void let_go(Io& io, Request* r) noexcept;  // its last event is on its way

// complete.cc: from completions to events
bool fetch(Io& io) noexcept;  // false: there was nothing
void drop(Io& io, const akit_io_event& e) noexcept;

// submit.cc
int submit(Io& io, std::uint32_t wait_for, std::uint64_t timeout_ns) noexcept;
std::size_t take(Io& io, akit_io_event* events, std::size_t n) noexcept;

}  // namespace akit::io
