// The default heap behind akit_malloc and akit_default(): opened at its first use, never torn down,
// configured by one call before that or by the environment.
#include <errno.h>

#include "cache/purger.h"
#include "heap/miss.h"
#include "heap/open.h"

extern "C" char** environ;

namespace akit::heap {

constinit akit_tiered default_stub{&anchor_of_this_copy, kKindTiered, Phase::kSpare, {nullptr}, 0, no_seats, 0, 0, nullptr, nullptr};

namespace {

constinit os::Lock open_lock;

const char* variable(const char* name) {
  static constexpr char kPrefix[] = "ALLOCKIT_";
  for (char** e = environ; e && *e; ++e) {
    const char* s = *e;
    std::size_t i = 0;
    while (i < sizeof kPrefix - 1 && s[i] == kPrefix[i]) ++i;
    if (i != sizeof kPrefix - 1) continue;
    std::size_t k = 0;
    while (name[k] && s[i + k] == name[k]) ++k;
    if (!name[k] && s[i + k] == '=') return s + i + k + 1;
  }
  return nullptr;
}

void complain(const char* name) {
  char line[96];
  std::size_t n = 0;
  auto put = [&](const char* s) {
    while (*s && n < sizeof line - 1) line[n++] = *s++;
  };
  put("allockit: ALLOCKIT_");
  put(name);
  put(" is malformed or impossible, ignored\n");
  os::write_stderr(line, n);
}

// Unsigned decimal, or the word "none".
template <class T>
void number(const char* name, T* out, std::uint64_t most = kNone) {
  const char* s = variable(name);
  if (!s) return;
  if (s[0] == 'n' && s[1] == 'o' && s[2] == 'n' && s[3] == 'e' && !s[4]) {
    *out = static_cast<T>(kNone);
    return;
  }
  std::uint64_t v = 0;
  bool good = *s != 0;
  for (; *s && good; ++s) {
    good = *s >= '0' && *s <= '9' && !__builtin_mul_overflow(v, std::uint64_t{10}, &v) &&
           !__builtin_add_overflow(v, static_cast<std::uint64_t>(*s - '0'), &v);
  }
  if (!good || v > most || v != static_cast<T>(v)) return complain(name);
  *out = static_cast<T>(v);
}

Options from_environment() {
  Options o{};
  o.name = variable("NAME");
  number("LIMIT_BYTES", &o.limit_bytes);
  number("DECAY_NS", &o.decay_ns);
  number("THP", &o.thp, 3);
  number("FORK_MODE", &o.fork_mode, 3);
  number("ZERO_MODE", &o.zero_mode, 2);
  number("NUMA_MODE", &o.numa_mode, 3);
  number("NUMA_NODES", &o.numa_nodes);
  number("PREFAULT_BYTES", &o.prefault_bytes);
  number("CHECK_MODE", &o.check_mode, 1);
  number("SMALL_MAX_BYTES", &o.small_max_bytes);
  number("MEDIUM_MAX_BYTES", &o.medium_max_bytes);
  number("LARGE_MAX_BYTES", &o.large_max_bytes);
  number("THREAD_CACHE_BYTES", &o.thread_cache_bytes);
  number("CACHE_BYTES", &o.cache_bytes);
  number("HUGETLB_MODE", &o.hugetlb_mode, 3);
  number("GUARD_SAMPLE_INTERVAL", &o.guard_sample_interval);
  return o;
}

bool is_open() { return default_stub.phase.load(std::memory_order_acquire) == Phase::kOpen; }

}  // namespace

akit_tiered* default_handle() noexcept {
  if (AKIT_LIKELY(is_open())) return &default_stub;
  int saved = errno;
  // Before the lock: both may call an allocator that is routed to us.
  start_once();
  os::current();
  os::Guard g(open_lock);
  if (!is_open()) {
    int rc = open_stub(from_environment(), &default_stub, nullptr);
    if (rc == -EINVAL || rc == -ENOSYS) {
      complain("* (as a whole)");
      rc = open_stub({}, &default_stub, nullptr);
    }
    if (rc != 0) {
      errno = -rc;
      return nullptr;
    }
  }
  errno = saved;
  return &default_stub;
}

int default_configure(const Options& opt) noexcept {
  start_once();
  os::current();
  os::Guard g(open_lock);
  return is_open() ? -EBUSY : open_stub(opt, &default_stub, nullptr);
}

}  // namespace akit::heap
