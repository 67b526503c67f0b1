#include "os/misuse.h"

#include <errno.h>
#include <stdlib.h>

#include "os/sys.h"

namespace akit {
namespace {

using Handler = void (*)(void*, int, std::uint64_t, const void*);
constinit std::atomic<std::uint32_t> mode_word{0};  // REPORT, COUNT, ABORT
constinit std::atomic<std::uint64_t> total{0};
constinit std::atomic<Handler> handler{nullptr};
constinit std::atomic<void*> handler_user{nullptr};

char* put(char* at, const char* text) {
  while (*text) *at++ = *text++;
  return at;
}
char* put_number(char* at, std::uint64_t v, unsigned base) {
  char digits[24];
  int n = 0;
  do digits[n++] = "0123456789abcdef"[v % base];
  while ((v /= base) != 0);
  while (n) *at++ = digits[--n];
  return at;
}

void report(int error, std::uint64_t id, const void* p, bool is_misuse) {
  char line[192];
  char* at = put(line, is_misuse ? "allockit: misuse: " : "allockit: ");
  at = put(at, error == EBUSY    ? is_misuse ? "two threads at once" : "destroyed with buffers out"
           : error == ENOBUFS ? "nearly full"
           : error == ENOENT ? "not the start of a block of this handle"
           : id == 0 && p      ? "stale, foreign or wrong-kind handle"
                               : "block is not out (double free?) or bad size");
  at = put(at, ", handle ");
  at = put_number(at, id, 10);
  at = put(at, ", pointer 0x");
  at = put_number(at, reinterpret_cast<std::uintptr_t>(p), 16);
  *at++ = '\n';
  os::write_stderr(line, static_cast<std::size_t>(at - line));
}

}  // namespace

int misuse_mode(std::uint32_t mode) noexcept {
  if (mode > 2) return -EINVAL;
  mode_word.store(mode, std::memory_order_relaxed);
  return 0;
}

int misuse_handler(Handler fn, void* user) noexcept {
  // Two stores, so a report that races with this call may pair old and new; set it at start-up.
  handler.store(nullptr, std::memory_order_relaxed);
  handler_user.store(user, std::memory_order_release);
  handler.store(fn, std::memory_order_release);
  return 0;
}

std::uint64_t misuse_count() noexcept { return total.load(std::memory_order_relaxed); }

namespace {
void tell(int error, std::uint64_t id, const void* p, bool is_misuse) {
  if (mode_word.load(std::memory_order_relaxed) == 1) return;
  if (Handler fn = handler.load(std::memory_order_acquire))
    fn(handler_user.load(std::memory_order_acquire), error, id, p);
  else
    report(error, id, p, is_misuse);
}
}  // namespace

AKIT_MISS void event(int error, std::uint64_t id, const void* p) noexcept {
  int saved = errno;
  tell(error, id, p, false);
  errno = saved;
}

AKIT_MISS void misuse(int error, std::uint64_t id, const void* p) noexcept {
  int saved = errno;
  total.fetch_add(1, std::memory_order_relaxed);
  tell(error, id, p, true);
  if (mode_word.load(std::memory_order_relaxed) == 2) abort();
  errno = saved;
}

}  // namespace akit
