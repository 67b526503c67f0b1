// The only place that enters the kernel. Every call can be refused by the tests (os/fault.h), and
// every mapping made or removed is counted here, so that `mapped_bytes` is the truth.
// Results are 0 or -errno; no function changes errno.
#pragma once
#include <atomic>

#include "base/bits.h"

namespace akit::os {

struct Range {
  void* base;
  std::size_t size;
};

struct MapCounters {
  std::atomic<std::uint64_t> bytes, maps, unmaps, live;
};
extern MapCounters map_counters;

std::size_t page_size();  // asked of the kernel once; test builds can set 16 or 64 KiB

// At `hint` exactly, or -EEXIST; NULL hint: anywhere. Readable, writable, private, zero. On explicit
// huge pages of `huge_page` bytes, unless that is 0.
int map(void* hint, std::size_t size, std::size_t huge_page, void** out);
bool unmap(void* base, std::size_t size);  // false: refused; the pages are gone, the addresses are not
void forget(std::size_t size);  // a mapping that a fork did not copy
// Moves pages to `to`, which must be a mapping of ours of new_size that may be replaced.
int move(void* from, std::size_t old_size, void* to, std::size_t new_size);

enum class Advice { kHuge, kNoHuge, kDontFork, kDoFork, kWipeOnFork, kPopulate, kLazyFree };
int advise(void* base, std::size_t size, Advice a);
int discard(void* base, std::size_t size);                 // MADV_DONTNEED: visible in RSS at once
std::uint64_t resident_bytes(void* base, std::size_t size);  // page-aligned; all of it when the kernel does not say
std::uint64_t discard_many(const Range* r, std::size_t n);  // one call for many where the kernel can
int protect(void* base, std::size_t size, bool writable);   // false: no access at all
// Makes pages inaccessible, or ordinary and zero again. Guard markers (Linux 6.13) leave the mapping
// whole; without them its protection changes, which splits it.
int guard(void* base, std::size_t size, bool on);
void name(void* base, std::size_t size, const char* text);  // in /proc/self/maps, where the kernel does that

// Makes every running thread of this process pass a full memory barrier. false: not available.
bool membarrier();
bool membarrier_available();

void futex_wait(std::atomic<std::uint32_t>* word, std::uint32_t expected, std::uint64_t timeout_ns);
void futex_wake(std::atomic<std::uint32_t>* word, int count);

std::uint64_t now_ns();         // CLOCK_MONOTONIC
std::uint64_t now_coarse_ns();  // a few ms of resolution, a few ns of cost
std::uint64_t now_unix_ns();    // CLOCK_REALTIME
std::uint64_t random64();
std::uint64_t address_limit();  // RLIMIT_AS, kNone when unlimited
std::size_t thp_size();         // 0 when transparent huge pages are off or unknown
std::size_t hugetlb_size();     // default explicit huge page size, 0 when the kernel has none

// The number in a file of /sys or /proc, behind `key` when there is one. kNone: no such file or number.
std::uint64_t read_number(const char* path, const char* key = nullptr);
std::size_t read_text(const char* path, char* buf, std::size_t size);  // NUL-terminated; 0: no such file
void write_stderr(const char* text, std::size_t n);

}  // namespace akit::os
