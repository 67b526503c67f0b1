// What the tests of the core share: the hot functions by name, the system calls to refuse, children
// that start from a library nobody has used yet, and blocks with a payload.
#pragma once
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cache/meta.h"
#include "os/fault.h"
#include "pages/pages.h"
#include "heap/api.h"

extern "C" {
void* akit_tiered_alloc(akit_tiered*, std::size_t);
void akit_tiered_free(akit_tiered*, void*);
void akit_tiered_free_sized(akit_tiered*, void*, std::size_t);
void akit_free(void*);
}

namespace core {

using namespace akit;

// The message of a child that failed; the parent reads it.
inline char* message() {
  static char* at = static_cast<char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  return at;
}

[[noreturn]] __attribute__((format(printf, 1, 2))) inline void fail(const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::vsnprintf(message(), 4000, format, args);
  va_end(args);
  _exit(1);
}
#define NEED(condition) ((condition) ? void() : core::fail("%s:%d: %s", __FILE__, __LINE__, #condition))

// Runs fn in a child. Answers "" or what went wrong there.
template <class Fn>
const char* in_child(Fn fn) {
  message()[0] = 0;
  std::fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    fn();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) std::snprintf(message(), 4000, "signal %d", WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) && !message()[0]) std::snprintf(message(), 4000, "exit code %d", WEXITSTATUS(status));
  return message();
}

// Every byte of a small block, some of a large one: touching pages is what these runs spend their time on.
inline std::size_t stride(std::size_t n) { return n > (std::size_t{1} << 20) ? 130003 : n > 4096 ? 1021 : 1; }

inline void fill(void* p, std::size_t n, unsigned tag) {
  auto* b = static_cast<unsigned char*>(p);
  std::size_t step = stride(n);
  for (std::size_t i = 0; i < n; i += step) b[i] = static_cast<unsigned char>(tag + i);
}
// The first `kept` bytes of a block that was filled with n.
inline bool intact(const void* p, std::size_t n, unsigned tag, std::size_t kept = kNone) {
  auto* b = static_cast<const unsigned char*>(p);
  std::size_t step = stride(n);
  for (std::size_t i = 0; i < n && i < kept; i += step)
    if (b[i] != static_cast<unsigned char>(tag + i)) return false;
  return true;
}
inline bool all_zero(const void* p, std::size_t n) {
  auto* b = static_cast<const unsigned char*>(p);
  for (std::size_t i = 0; i < n; ++i)
    if (b[i]) return false;
  return true;
}

// Bytes that are mapped for a reason when no handle is left: records, tables, empty pages kept.
inline std::uint64_t accounted_for() {
  std::uint64_t leaves = 0, threads = align_up(4096, os::page_size());
  for (auto& l : map::root) leaves += l.load() != nullptr;
  return meta::bytes_mapped() + leaves * align_up(sizeof(map::Leaf), os::page_size()) + pages::clean_bytes() + pages::dirty_bytes() + threads;
}

}  // namespace core
