#include "os/sys.h"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "os/fault.h"
#include "os/keep_errno.h"
#include "os/sanitizer.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

namespace akit::os {

constinit MapCounters map_counters{};

namespace {

constinit std::atomic<std::size_t> page_bytes{0};
constinit std::atomic<int> barrier_state{0};  // 0 unknown, 1 available, -1 not

}  // namespace

std::size_t page_size() {
  std::size_t n = page_bytes.load(std::memory_order_relaxed);
  if (AKIT_LIKELY(n != 0)) return n;
  n = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  page_bytes.store(n, std::memory_order_relaxed);
  return n;
}

int map(void* hint, std::size_t size, std::size_t huge_page, void** out) {
  KeepErrno keep;
  if (int rc = fault::hit(fault::kMap)) return rc;
  int f = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  if (hint) f |= MAP_FIXED_NOREPLACE;
  if (huge_page) f = (f & ~MAP_NORESERVE) | MAP_HUGETLB | static_cast<int>(log2_floor(huge_page) << 26 /* MAP_HUGE_SHIFT */);
#if defined(AKIT_TEST_HOOKS)
  if (huge_page && fault::pretended()) {
    f = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    // Aligned by hand; what is cut off stays mapped, as a test's machine may.
    auto wide = reinterpret_cast<std::uintptr_t>(mmap(nullptr, size + huge_page, PROT_NONE, f, -1, 0));
    hint = reinterpret_cast<void*>(align_up(wide, huge_page));
    f |= MAP_FIXED;
  }
#endif
  void* p = mmap(hint, size, PROT_READ | PROT_WRITE, f, -1, 0);
  if (p == MAP_FAILED) return -errno;
  if (hint && p != hint) {  // a kernel or tool that treats the address as a wish
    munmap(p, size);
    return -EEXIST;
  }
  map_counters.bytes.fetch_add(size, std::memory_order_relaxed);
  map_counters.maps.fetch_add(1, std::memory_order_relaxed);
  map_counters.live.fetch_add(1, std::memory_order_relaxed);
  san::lsan_add_root(p, size);
  *out = p;
  return 0;
}

bool unmap(void* base, std::size_t size) {
  KeepErrno keep;
  san::on_release(base, size);  // whoever gets these addresses next may use them
  if (fault::hit(fault::kUnmap) || munmap(base, size) != 0) {
    // The kernel refuses when splitting would exceed the mapping limit. The pages can still go.
    madvise(base, size, MADV_DONTNEED);
    return false;
  }
  map_counters.bytes.fetch_sub(size, std::memory_order_relaxed);
  map_counters.unmaps.fetch_add(1, std::memory_order_relaxed);
  map_counters.live.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void forget(std::size_t size) {
  map_counters.bytes.fetch_sub(size, std::memory_order_relaxed);
  map_counters.live.fetch_sub(1, std::memory_order_relaxed);
}

int move(void* from, std::size_t old_size, void* to, std::size_t new_size) {
  KeepErrno keep;
  if (int rc = fault::hit(fault::kMove)) return rc;
  void* p = mremap(from, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
  if (p == MAP_FAILED) return -errno;
  // `to` was mapped with new_size, `from` with old_size: what is left is one mapping of new_size.
  map_counters.bytes.fetch_sub(old_size, std::memory_order_relaxed);
  map_counters.live.fetch_sub(1, std::memory_order_relaxed);
  return 0;
}

int advise(void* base, std::size_t size, Advice a) {
  KeepErrno keep;
  if (int rc = fault::hit(fault::kAdvise)) return rc;
#if defined(AKIT_TEST_HOOKS)
  if (a == Advice::kPopulate && fault::pretended()) return 0;
#endif
  int advice = MADV_NORMAL;
  switch (a) {
    case Advice::kHuge: advice = MADV_HUGEPAGE; break;
    case Advice::kNoHuge: advice = MADV_NOHUGEPAGE; break;
    case Advice::kDontFork: advice = MADV_DONTFORK; break;
    case Advice::kDoFork: advice = MADV_DOFORK; break;
    case Advice::kWipeOnFork: advice = MADV_WIPEONFORK; break;
    case Advice::kPopulate: advice = MADV_POPULATE_WRITE; break;
    case Advice::kLazyFree: advice = MADV_FREE; break;
  }
  return madvise(base, size, advice) == 0 ? 0 : -errno;
}

int discard(void* base, std::size_t size) {
  KeepErrno keep;
  if (int rc = fault::hit(fault::kDiscard)) return rc;
  return madvise(base, size, MADV_DONTNEED) == 0 ? 0 : -errno;
}

std::uint64_t resident_bytes(void* base, std::size_t size) {
  KeepErrno keep;
  std::uint64_t bytes = 0;
  for (std::size_t at = 0; at < size;) {
    unsigned char in[256];
    std::size_t n = min(size - at, sizeof in * page_size());
    if (mincore(static_cast<char*>(base) + at, n, in) != 0) return size;
    for (std::size_t i = 0; i < n / page_size(); ++i) bytes += in[i] & 1 ? page_size() : 0;
    at += n;
  }
  return bytes;
}

std::uint64_t discard_many(const Range* r, std::size_t n) {
  KeepErrno keep;
  std::uint64_t bytes = 0;
  std::size_t done = 0;
  if (n > 4 && !fault::hit(fault::kDiscard)) {
    // process_madvise on oneself takes DONTNEED since Linux 6.13; older kernels say EINVAL once.
    static constinit std::atomic<bool> refused{false};
    if (!refused.load(std::memory_order_relaxed)) {
      int fd = static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0));
      if (fd >= 0) {
        static_assert(sizeof(Range) == sizeof(iovec));
        while (done < n) {
          std::size_t k = min<std::size_t>(n - done, 512);
          std::uint64_t want = 0;
          for (std::size_t i = 0; i < k; ++i) want += r[done + i].size;
          long got = syscall(SYS_process_madvise, fd, reinterpret_cast<const iovec*>(r + done), k, MADV_DONTNEED, 0);
          if (got < 0 || static_cast<std::uint64_t>(got) != want) {
            if (got < 0 && (errno == EINVAL || errno == EPERM || errno == ENOSYS))
              refused.store(true, std::memory_order_relaxed);
            break;
          }
          bytes += want;
          done += k;
        }
        close(fd);
      }
    }
  }
  for (; done < n; ++done)
    if (madvise(r[done].base, r[done].size, MADV_DONTNEED) == 0) bytes += r[done].size;
  return bytes;
}

int protect(void* base, std::size_t size, bool writable) {
  KeepErrno keep;
  if (int rc = fault::hit(fault::kProtect)) return rc;
  return mprotect(base, size, writable ? PROT_READ | PROT_WRITE : PROT_NONE) == 0 ? 0 : -errno;
}

int guard(void* base, std::size_t size, bool on) {
  KeepErrno keep;
  static constinit std::atomic<bool> without_markers{false};
  if (!san::lsan() && !without_markers.load(std::memory_order_relaxed)) {
    int rc = fault::hit(fault::kGuard);
    if (rc == 0 && madvise(base, size, on ? MADV_GUARD_INSTALL : MADV_GUARD_REMOVE) != 0) rc = -errno;
    if (rc != -EINVAL && rc != -ENOSYS) return rc;
    without_markers.store(true, std::memory_order_relaxed);
  }
  int rc = protect(base, size, !on);
  return rc != 0 || on ? rc : discard(base, size);
}

void name(void* base, std::size_t size, const char* text) {
  KeepErrno keep;
  prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, base, size, text);
}

bool membarrier_available() {
  int s = barrier_state.load(std::memory_order_acquire);
  if (s == 0) {
    KeepErrno keep;
    s = !fault::hit(fault::kMembarrier) &&
                syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0
            ? 1
            : -1;
    barrier_state.store(s, std::memory_order_release);
  }
  return s > 0;
}

bool membarrier() {
  if (!membarrier_available()) return false;
  KeepErrno keep;
  return !fault::hit(fault::kMembarrier) && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void futex_wait(std::atomic<std::uint32_t>* word, std::uint32_t expected, std::uint64_t timeout_ns) {
  KeepErrno keep;
  timespec ts{static_cast<time_t>(timeout_ns / 1000000000u), static_cast<long>(timeout_ns % 1000000000u)};
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, timeout_ns == kNone ? nullptr : &ts, nullptr, 0);
}

void futex_wake(std::atomic<std::uint32_t>* word, int count) {
  KeepErrno keep;
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

static std::uint64_t clock_ns(clockid_t id) {
  timespec ts;
  clock_gettime(id, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1000000000u + static_cast<std::uint64_t>(ts.tv_nsec);
}
std::uint64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }
std::uint64_t now_unix_ns() { return clock_ns(CLOCK_REALTIME); }
std::uint64_t now_coarse_ns() { return clock_ns(CLOCK_MONOTONIC_COARSE); }

std::uint64_t random64() {
  KeepErrno keep;
  std::uint64_t x = 0;
  if (syscall(SYS_getrandom, &x, sizeof x, 1 /* GRND_NONBLOCK */) != sizeof x)
    x = now_ns() * 0x9E3779B97F4A7C15u ^ reinterpret_cast<std::uintptr_t>(&x);
  return x;
}

std::uint64_t address_limit() {
  KeepErrno keep;
  rlimit r;
  if (getrlimit(RLIMIT_AS, &r) != 0 || r.rlim_cur == RLIM_INFINITY) return kNone;
  return r.rlim_cur;
}

void write_stderr(const char* text, std::size_t n) {
  KeepErrno keep;
  while (n > 0) {
    ssize_t k = write(2, text, n);
    if (k <= 0) break;
    text += k;
    n -= static_cast<std::size_t>(k);
  }
}

#if defined(AKIT_TEST_HOOKS)
namespace fault {
namespace {
struct Trap {
  std::atomic<std::uint64_t> seen, at;
  std::atomic<int> error;
  std::atomic<bool> forever;
};
constinit Trap traps[kCalls + 1]{};
constinit const Machine* machine = nullptr;
}  // namespace

void pretend(const Machine* m) { machine = m; }
const Machine* pretended() { return machine; }

void arm(Call c, std::uint64_t n, int error, bool forever) {
  traps[c].seen = 0;
  traps[c].error = error;
  traps[c].forever = forever;
  traps[c].at = n;
}
std::uint64_t seen(Call c) { return traps[c].seen; }
int hit(Call c) {
  for (unsigned k : {static_cast<unsigned>(c), static_cast<unsigned>(kAny)}) {
    Trap& t = traps[k];
    std::uint64_t n = ++t.seen, at = t.at;
    if (at != 0 && (n == at || (n > at && t.forever))) return -t.error;
  }
  return 0;
}
void set_page_size(std::size_t n) { page_bytes.store(n); }
}  // namespace fault
#endif

}  // namespace akit::os
