// The register call of io_uring on a ring that somebody else made, and what limits it. Its numbers are our
// own, so that old kernel headers do. Results are 0 or more, or -errno; no function changes errno.
#pragma once
#include "os/sys.h"

namespace akit::os::uring {

inline constexpr std::uint32_t kMostSlots = 16384;
inline constexpr std::size_t kMostSlotBytes = std::size_t{1} << 30;
inline constexpr std::uint32_t kMostEntries = 32768;

struct Ring {
  int fd;
  bool registered;  // fd is an index of a registered ring
};

int identify(Ring r);  // 0: an io_uring
int duplicate(int fd);
void close(int fd);

// An empty table. -ENOSYS: the kernel has none that can be changed later.
int table_make(Ring r, std::uint32_t slots);
int table_drop(Ring r);
// Slots from `first` on get this memory, or none (NULL and 0, tag 0). How many were done, from the front.
int update(Ring r, std::uint32_t first, const Range* memory, const std::uint64_t* tags, std::uint32_t n);
int table_clone(Ring to, Ring from);

struct Buffer {  // of a ring of provided buffers; the tail lies over `tail` of the first
  std::uint64_t address;
  std::uint32_t length;
  std::uint16_t number, tail;
};
int group_add(Ring r, void* entries, std::uint32_t n, std::uint32_t id);
int group_remove(Ring r, std::uint32_t id);

struct Limits {
  bool available;
  int error;
  std::uint32_t features;
  std::uint64_t soft, hard, used;  // of locked memory; kNone: no limit
  bool ipc_lock;
};
void memlock(Limits* out);  // all but the first three
void probe(Limits* out);

}  // namespace akit::os::uring
