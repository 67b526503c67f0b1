// How many buffers of a group are published. The kernel takes them in turn, so every one that is published
// beyond what a turn of the loop uses is only another one to fall out of the processor's cache.
#include "uring/group.h"

namespace akit::uring {
namespace {
constexpr std::uint32_t kLook = 256;  // refills; then a window that is too wide loses an eighth
}

void window_open(Group* g) { g->window = g->window_min; }

void window_starved(Group* g) { g->window = min<std::uint64_t>(2 * g->window, g->window_max); }

void window_refilled(Group* g) {
  g->most_taken = max(g->most_taken, g->taken_since);
  g->taken_since = 0;
  if (++g->refills_seen < kLook) return;
  if (2 * g->most_taken < g->window) g->window = max<std::uint64_t>(g->window - (g->window + 7) / 8, g->window_min);
  g->most_taken = g->refills_seen = 0;
}

}  // namespace akit::uring
