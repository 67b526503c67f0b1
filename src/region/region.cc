#include <errno.h>
#include "region/api.h"
#include "base/config.h"
namespace akit::region {
int stats_get(akit_region*, RegionStats*) noexcept { return -ENOSYS; }
int stats_by_id(std::uint64_t, RegionStats*, char*) noexcept { return -ENOENT; }
int suggest(akit_region*, Options*) noexcept { return -ENOSYS; }
void* realloc(akit_region*, void*, std::size_t, std::uint32_t, std::size_t*) noexcept { return nullptr; }
int prefault(akit_region*, void*, std::size_t, std::uint32_t) noexcept { return -ENOSYS; }
int pin(akit_region*, void*) noexcept { return -ENOSYS; }
int unpin(akit_region*, void*) noexcept { return -ENOSYS; }
std::int64_t node_bytes(akit_region*, std::uint32_t) noexcept { return -ENOSYS; }
}
extern "C" AKIT_EXPORT void* akit_region_alloc(akit_region*, std::size_t, std::size_t, std::uint32_t, std::size_t*) { return nullptr; }
extern "C" AKIT_EXPORT int akit_region_free(akit_region*, void*) { return -ENOSYS; }
