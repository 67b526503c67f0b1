// What is in flight. The kernel knows a request by its number and generation, so that the caller's
// user_data may be any number.
#pragma once
#include <cstddef>
#include <cstdint>

namespace akit::io {

enum class Op : std::uint8_t { kRead, kWrite, kSend, kRecv, kRecvGroup, kAccept };
enum class State : std::uint8_t {
  kFree,
  kKernel,   // queued, or with the kernel
  kWaiting,  // goes on, but is to be armed again first
};

struct Request {
  std::uint64_t user_data;
  std::int32_t fd;
  std::uint32_t flags;       // MSG_... or SOCK_...
  std::uint32_t number;      // its place in the table
  std::uint32_t generation;  // how often that place was given
  std::uint32_t next;        // in the list of free or of waiting ones
  std::uint16_t group;       // its place among the groups
  Op op;
  State state;
  bool fixed;      // registered memory
  bool cancelled;  // was asked to end
  bool armed;      // has been with the kernel

  bool goes_on() const noexcept { return op == Op::kRecvGroup || op == Op::kAccept; }
  std::uint64_t name() const noexcept { return std::uint64_t{generation} << 32 | number; }
};

// user_data of completions that are not of a request.
inline constexpr std::uint64_t kDrained = std::uint64_t{1} << 62;  // memory left its slot
inline constexpr std::uint64_t kSilent = std::uint64_t{1} << 61;   // a cancel or close of our own
inline constexpr std::uint32_t kGenerations = 1u << 28;

class Requests {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::uint32_t kPerChunk = 512;
  static constexpr std::uint32_t kChunks = 2048;

  void init() noexcept { free_ = kNone; }
  void end() noexcept;
  Request* acquire() noexcept;  // NULL: no memory
  void release(Request* r) noexcept;
  Request* find(std::uint64_t name) noexcept;  // NULL: no such request with the kernel
  Request& at(std::uint32_t number) noexcept { return chunks_[number / kPerChunk][number % kPerChunk]; }
  std::uint32_t made() const noexcept { return made_; }  // numbers below exist
  std::uint32_t live() const noexcept { return live_; }

 private:
  bool grow() noexcept;
  std::uint32_t made_, free_, live_;
  Request* chunks_[kChunks];
};

}  // namespace akit::io
