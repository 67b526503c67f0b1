// Test hook: makes the n-th system call of a kind, or of any kind, fail with a chosen error.
// Exists only in the test build of the core; in the product the check compiles to nothing.
#pragma once
#include "base/config.h"

namespace akit::os::fault {

enum Call : unsigned { kMap, kUnmap, kMove, kAdvise, kDiscard, kProtect, kMembarrier, kThread, kBind, kGuard, kMovePages, kUringSetup, kUringTable, kUringUpdate, kUringClone, kUringGroup, kDup, kCalls, kAny = kCalls };

#if defined(AKIT_TEST_HOOKS)
// Refuse the n-th call of this kind from now (1 = the next); 0 = never. `forever`: and all after it.
void arm(Call c, std::uint64_t n, int error, bool forever);
std::uint64_t seen(Call c);   // calls since the last arm
int hit(Call c);              // 0 or -error
void set_page_size(std::size_t n);
void set_root(const char* path);  // another /sys and /proc, below this folder; kept, not copied; NULL: the real ones
// A machine that is not there: ordinary memory stands for huge pages, and these answer for the kernel.
struct Machine {
  int (*bind)(void* base, std::size_t size, int mode, std::uint64_t nodes);  // 0 or -errno
  int (*node_of)(const void* page);
};
void pretend(const Machine* m);  // NULL: the real one again
const Machine* pretended();
#else
inline int hit(Call) { return 0; }
#endif

}  // namespace akit::os::fault
