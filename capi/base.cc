#include <allockit/base.h>

#include <climits>

#include "abi_struct.h"
#include "block_info.h"
#include "os/misuse.h"
#include "heap/api.h"

namespace {

struct ErrorText {
  int error;
  const char* text;
};

constexpr ErrorText kErrors[] = {
    {0, "success"},
    {EPERM, "not allowed for the default heap, in a child of a fork, or by a policy of the system"},
    {ENOENT, "not a block of this handle, or no such entry"},
    {ENXIO, "the io_uring has no table of buffers"},
    {EBADF, "the file descriptor is not open"},
    {E2BIG, "a field is set that this version of the library does not know"},
    {EAGAIN, "the system is short of a resource, or a counter is at its end"},
    {ENOMEM, "out of memory or over the handle's limit"},
    {EFAULT, "memory that the kernel cannot write to"},
    {EBUSY, "already in use or pinned"},
    {EEXIST, "there is one already, or the io_uring is another thread's"},
    {EINVAL, "invalid argument or handle"},
    {EMFILE, "too many open files"},
    {ENOSPC, "the buffer is too small"},
    {ENOSYS, "not built into this library, or not in this kernel"},
    {EOPNOTSUPP, "the file is not an io_uring"},
    {EMSGSIZE, "larger than this handle can ever give"},
    {ENOBUFS, "exhausted now"},
    {ESHUTDOWN, "the handle has been destroyed"},
};

}  // namespace

static_assert(AKIT_VERSION == 0x000100, "meson.build and the map name the same version");

extern "C" {

uint32_t akit_version(void) { return AKIT_VERSION; }

const char* akit_version_string(void) { return AKIT_VERSION_STRING; }

int akit_feature(uint32_t feature) {
  switch (feature) {
    case AKIT_FEATURE_URING:
    case AKIT_FEATURE_HUGETLB:
    case AKIT_FEATURE_MEMBARRIER: return 0;
    default: return -EINVAL;
  }
}

const char* akit_strerror(int rc) {
  const int error = rc >= 0 ? rc : rc == INT_MIN ? INT_MAX : -rc;
  for (const ErrorText& e : kErrors)
    if (e.error == error) return e.text;
  return "unknown error";
}

int akit_misuse_mode(uint32_t mode) {
  return mode > AKIT_MISUSE_ABORT ? -EINVAL : akit::misuse_mode(mode);
}

int akit_misuse_handler(void (*fn)(void*, int, uint64_t, const void*), void* user) {
  return akit::misuse_handler(fn, user);
}

int akit_inspect(const void* p, akit_block_info* out) {
  if (const int rc = akit::abi::check_out(out); rc < 0) return rc;
  akit::heap::BlockInfo b{};
  if (const int rc = akit::heap::inspect(p, &b); rc < 0) return rc;
  akit::abi::copy_out(out, akit::abi::block_info(b));
  return 0;
}

int akit_maintain(uint64_t* next_ns) {
  uint64_t unused;
  return akit::heap::maintain(next_ns ? next_ns : &unused);
}

int akit_purge_thread(uint32_t run) { return run > 1 ? -EINVAL : akit::heap::purge_thread(run); }

int akit_thread_flush(uint32_t flags) {
  return flags != 0 ? -EINVAL : akit::heap::thread_flush(flags);
}

int akit_purge(uint32_t flags, uint64_t* bytes) {
  uint64_t unused;
  uint64_t& given_back = bytes ? *bytes : unused;
  given_back = 0;
  if (flags & ~(AKIT_PURGE_DUE | AKIT_PURGE_ALL | AKIT_PURGE_WAIT)) return -EINVAL;
  return akit::heap::purge_process(flags, &given_back);
}

int akit_cache_limit(uint64_t bytes) { return akit::heap::cache_limit(bytes); }

}  // extern "C"
