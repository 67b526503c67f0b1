#include <errno.h>
#include "huge/api.h"
namespace akit::huge {
int stats_get(akit_huge*, HugeStats*) noexcept { return -ENOSYS; }
int stats_by_id(std::uint64_t, HugeStats*, char*) noexcept { return -ENOENT; }
int suggest(akit_huge*, Options*) noexcept { return -ENOSYS; }
void* alloc(akit_huge*, std::size_t, std::size_t, std::uint32_t, std::uint32_t*) noexcept { return nullptr; }
int free(akit_huge*, void*) noexcept { return -ENOSYS; }
int system_get(std::uint32_t, System*) noexcept { return -ENOSYS; }
std::int64_t reason_count(akit_huge*, std::uint32_t) noexcept { return -ENOSYS; }
std::int64_t node_bytes(akit_huge*, std::uint32_t) noexcept { return -ENOSYS; }
}
