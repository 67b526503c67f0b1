#include "os/uring.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fault.h"
#include "os/keep_errno.h"

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_io_uring_register
#define SYS_io_uring_register 427
#endif

namespace akit::os::uring {
namespace {

enum Op : unsigned {
  kUnregisterBuffers = 1,
  kProbe = 8,
  kBuffers2 = 15,
  kBuffersUpdate = 16,
  kPbufRing = 22,
  kUnregisterPbufRing = 23,
  kCloneBuffers = 30,
  kByIndex = 1u << 31,
};
constexpr std::uint32_t kSparse = 1;

struct Register {  // io_uring_rsrc_register
  std::uint32_t n, flags;
  std::uint64_t reserved, memory, tags;
};
struct Update {  // io_uring_rsrc_update2
  std::uint32_t first, reserved;
  std::uint64_t memory, tags;
  std::uint32_t n, reserved2;
};
struct Group {  // io_uring_buf_reg
  std::uint64_t entries;
  std::uint32_t n;
  std::uint16_t id, flags;
  std::uint64_t reserved[3];
};
struct Clone {  // io_uring_clone_buffers
  std::uint32_t from, flags, from_slot, to_slot, n, reserved[3];
};
constexpr std::uint32_t kCloneFromIndex = 1;
struct Params {  // io_uring_params
  std::uint32_t sq_entries, cq_entries, flags, thread_cpu, thread_idle, features, queue, reserved[3];
  std::uint64_t offsets[10];
};
static_assert(sizeof(Register) == 32 && sizeof(Update) == 32 && sizeof(Group) == 40 && sizeof(Clone) == 32 && sizeof(Params) == 120);

std::uint64_t number(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

int enter(fault::Call call, Ring r, unsigned op, const void* arg, std::uint32_t n) {
  KeepErrno keep;
  if (int rc = fault::hit(call)) return rc;
  long rc = syscall(SYS_io_uring_register, r.fd, r.registered ? op | kByIndex : op, arg, n);
  return rc < 0 ? -errno : static_cast<int>(rc);
}

int setup(std::uint32_t entries, Params* p) {
  KeepErrno keep;
  if (int rc = fault::hit(fault::kUringSetup)) return rc;
  long rc = syscall(SYS_io_uring_setup, entries, p);
  return rc < 0 ? -errno : static_cast<int>(rc);
}

// Linux 5.13 to 5.18 has no flag for it, but takes a list of empty slots.
int table_of_empty(Ring r, std::uint32_t slots) {
  void* list;
  std::size_t bytes = align_up(slots * sizeof(Range), page_size());
  if (int rc = map(nullptr, bytes, 0, &list)) return rc;
  Register arg{slots, 0, 0, number(list), 0};
  int rc = enter(fault::kUringTable, r, kBuffers2, &arg, sizeof arg);
  unmap(list, bytes);
  return rc;
}

// Bit 14 of a hexadecimal number.
bool has_ipc_lock() {
  char text[4096];
  if (!read_text("/proc/self/status", text, sizeof text)) return false;
  static constexpr char kKey[] = "CapEff:\t";
  for (const char* at = text; *at; ++at) {
    std::size_t k = 0;
    while (kKey[k] && at[k] == kKey[k]) ++k;
    if (kKey[k]) continue;
    std::uint64_t bits = 0;
    for (at += k; (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f'); ++at)
      bits = bits << 4 | static_cast<std::uint64_t>(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return (bits >> 14 & 1) != 0;
  }
  return false;
}

std::uint64_t limit(rlim_t n) { return n == RLIM_INFINITY ? kNone : n; }

std::uint64_t kilobytes(const char* key) {
  std::uint64_t n = read_number("/proc/self/status", key);
  return n == kNone ? 0 : n * 1024;
}

}  // namespace

// A question about nothing: every io_uring answers it, no other file does.
int identify(Ring r) {
  std::uint64_t arg[2] = {0, 0};
  int rc = enter(fault::kUringSetup, r, kProbe, arg, 0);
  return rc == -EEXIST || rc == -EINVAL || rc == -EPERM || rc == -EACCES || rc == -EBADFD ? 0 : rc;
}

int duplicate(int fd) {
  KeepErrno keep;
  if (int rc = fault::hit(fault::kDup)) return rc;
  int rc = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return rc < 0 ? -errno : rc;
}

void close(int fd) {
  KeepErrno keep;
  ::close(fd);
}

int table_make(Ring r, std::uint32_t slots) {
  Register arg{slots, kSparse, 0, 0, 0};
  int rc = enter(fault::kUringTable, r, kBuffers2, &arg, sizeof arg);
  if (rc == -EINVAL) rc = table_of_empty(r, slots);
  return rc == -EINVAL ? -ENOSYS : rc;
}

int table_drop(Ring r) { return enter(fault::kUringTable, r, kUnregisterBuffers, nullptr, 0); }

int update(Ring r, std::uint32_t first, const Range* memory, const std::uint64_t* tags, std::uint32_t n) {
  Update arg{first, 0, number(memory), number(tags), n, 0};
  return enter(fault::kUringUpdate, r, kBuffersUpdate, &arg, sizeof arg);
}

int table_clone(Ring to, Ring from) {
  Clone arg{static_cast<std::uint32_t>(from.fd), from.registered ? kCloneFromIndex : 0, 0, 0, 0, {}};
  return enter(fault::kUringClone, to, kCloneBuffers, &arg, 1);
}

int group_add(Ring r, void* entries, std::uint32_t n, std::uint32_t id) {
  Group arg{number(entries), n, static_cast<std::uint16_t>(id), 0, {}};
  return enter(fault::kUringGroup, r, kPbufRing, &arg, 1);
}

int group_remove(Ring r, std::uint32_t id) {
  Group arg{0, 0, static_cast<std::uint16_t>(id), 0, {}};
  return enter(fault::kUringGroup, r, kUnregisterPbufRing, &arg, 1);
}

void memlock(Limits* out) {
  KeepErrno keep;
  rlimit r;
  out->soft = out->hard = kNone;
  if (getrlimit(RLIMIT_MEMLOCK, &r) == 0) out->soft = limit(r.rlim_cur), out->hard = limit(r.rlim_max);
  out->ipc_lock = has_ipc_lock();
  out->used = kilobytes("VmLck:") + kilobytes("VmPin:");
}

// A ring of no entries cannot be had, but only who may have a ring is told so.
void probe(Limits* out) {
  *out = {};
  Params p{};
  int rc = setup(0, &p);
  out->available = rc == -EINVAL;
  out->error = out->available ? 0 : -rc;
  if (out->available) {
    p = {};
    rc = setup(1, &p);
    if (rc >= 0) {
      out->features = p.features;
      close(rc);
    } else {
      out->error = -rc;
    }
  }
  memlock(out);
}

}  // namespace akit::os::uring
