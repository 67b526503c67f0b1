// Machines that are not here: two and four nodes, reservations that are empty, too small or forbidden.
// Files of /sys are written into a folder, ordinary memory stands for huge pages.
#include <sys/stat.h>

#include <string>

#include "../check.h"
#include "os/huge_pages.h"
#include "os/numa.h"
#include "regions.h"

namespace {

using namespace core;
constexpr std::size_t kMiB = std::size_t{1} << 20, kGiB = std::size_t{1} << 30;

const std::string& folder() {
  struct Folder {
    std::string at;
    Folder() {
      const char* tmp = std::getenv("TMPDIR");
      at = std::string(tmp ? tmp : "/tmp") + "/allockit-topology-" + std::to_string(getpid());
      mkdir(at.c_str(), 0700);
    }
    ~Folder() { std::system(("rm -rf " + at).c_str()) ? void() : void(); }
  };
  static Folder f;
  return f.at;
}

void put(const std::string& path, const std::string& text) {
  std::string whole = folder() + path;
  for (std::size_t i = 1; i < whole.size(); ++i)
    if (whole[i] == '/') mkdir(whole.substr(0, i).c_str(), 0700);
  FILE* f = std::fopen(whole.c_str(), "w");
  CHECK(f != nullptr);
  std::fputs(text.c_str(), f);
  std::fclose(f);
}

void pool(const std::string& below, std::size_t kib, unsigned total, unsigned free, unsigned reserved) {
  std::string at = below + "/hugepages/hugepages-" + std::to_string(kib) + "kB/";
  put(at + "nr_hugepages", std::to_string(total) + "\n");
  put(at + "free_hugepages", std::to_string(free) + "\n");
  put(at + "resv_hugepages", std::to_string(reserved) + "\n");
  put(at + "surplus_hugepages", "0\n");
}

struct Bound {
  int mode;
  std::uint64_t nodes;
  unsigned calls;
  int answer;
} bound;

int pretend_bind(void*, std::size_t, int mode, std::uint64_t nodes) {
  bound.mode = mode;
  bound.nodes = nodes;
  ++bound.calls;
  return bound.answer;
}
int pretend_node(const void* page) { return static_cast<int>(reinterpret_cast<std::uintptr_t>(page) >> 12 & 1); }
const os::fault::Machine machine{pretend_bind, pretend_node};

// Two nodes, each with half of eight huge pages and one giant page.
void two_nodes() {
  put("/sys/devices/system/node/online", "0-1\n");
  put("/proc/meminfo", "MemTotal: 100 kB\nHugepagesize:       2048 kB\n");
  put("/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  put("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
  pool("/sys/kernel/mm", 2048, 8, 8, 0);
  pool("/sys/kernel/mm", 1048576, 2, 2, 0);
  for (const char* node : {"0", "1"}) {
    pool(std::string("/sys/devices/system/node/node") + node, 2048, 4, 4, 0);
    pool(std::string("/sys/devices/system/node/node") + node, 1048576, 1, 1, 0);
  }
  os::fault::set_root(folder().c_str());
  os::fault::pretend(&machine);
  os::fault::arm(os::fault::kBind, 0, 0, false);
  bound = {};
}

akit_region* region_on(std::uint32_t mode, std::uint64_t nodes, int answer) {
  heap::Options o{};
  o.kind = heap::kKindRegion;
  o.numa_mode = mode;
  o.numa_nodes = nodes;
  akit_tiered* h = nullptr;
  CHECK_INT(heap::create(o, &h), answer);
  return reinterpret_cast<akit_region*>(h);
}

akit_huge* huge_with(std::uint32_t giant, std::uint32_t huge, std::uint32_t numa = 0, std::uint64_t nodes = 0) {
  heap::Options o{};
  o.kind = heap::kKindHuge;
  o.giant_mode = giant;
  o.huge_mode = huge;
  o.numa_mode = numa;
  o.numa_nodes = nodes;
  akit_tiered* h = nullptr;
  CHECK_INT(heap::create(o, &h), 0);
  return reinterpret_cast<akit_huge*>(h);
}

// One request on huge pages that the kernel refuses; the reason it is booked under.
std::uint32_t reason_of_refusal(os::fault::Call call, int error, std::uint32_t numa, std::uint64_t nodes) {
  akit_huge* h = huge_with(3, 1, numa, nodes);
  os::fault::arm(call, 1, error, false);
  std::uint32_t backing = 9, found = 99;
  CHECK(!huge::alloc(h, 4 * kMiB, 0, 0, &backing));
  CHECK_INT(errno, ENOMEM);
  CHECK_INT(backing, 0);
  os::fault::arm(call, 0, 0, false);
  for (std::uint32_t r = 1; r < 8; ++r)
    if (huge::reason_count(h, r)) found = r;
  HugeStats st{};
  CHECK_INT(huge::stats_get(h, &st), 0);
  CHECK_INT(st.last_fallback_reason, error);
  CHECK(st.last_fallback_unix_ns > 1700000000000000000u);
  CHECK_INT(st.mappings, 0);
  CHECK_INT(heap::destroy(huge::stub(h), heap::kKindHuge, 0), 0);
  return found;
}

}  // namespace

CASE(topology_nodes_are_read_from_ranges_and_lists)
{
  two_nodes();
  CHECK_INT(os::numa_nodes(), 3);
  put("/sys/devices/system/node/online", "0,2-3,63\n");
  CHECK_INT(os::numa_nodes(), 1u | 4 | 8 | (std::uint64_t{1} << 63));
}

CASE(topology_system_of_two_nodes)
{
  two_nodes();
  huge::System all{}, one{};
  CHECK_INT(huge::system_get(huge::kAllNodes, &all), 0);
  CHECK_INT(huge::system_get(1, &one), 0);
  CHECK_INT(huge::system_get(2, &one), -ENOENT);
  CHECK_INT(all.numa_nodes, 3);
  CHECK_INT(all.huge_total, 8);
  CHECK_INT(one.huge_total, 4);
  CHECK_INT(one.numa_nodes, 2);
  CHECK_INT(all.giant_page_bytes, kGiB);
  CHECK_INT(one.giant_free, 1);
}

CASE(topology_region_binds_every_mapping)
{
  two_nodes();
  akit_region* h = region_on(1, 2, 0);
  std::size_t usable;
  void* p = akit_region_alloc(h, 64 * 1024, 0, 0, &usable);
  CHECK(p != nullptr);
  CHECK_INT(bound.mode, 1);
  CHECK_INT(bound.nodes, 2);
  CHECK(bound.calls > 0);
  heap::BlockInfo info{};
  CHECK_INT(heap::inspect(p, &info), 0);
  CHECK_INT(info.numa_node, 1);
  CHECK_INT(region::node_bytes(h, 1), static_cast<std::int64_t>(usable) / 2);
  CHECK_INT(region::node_bytes(h, 2), -ENOENT);
  region_on(1, 4, -EINVAL);
  region_on(1, 0, -EINVAL);
  region_on(0, 1, -EINVAL);
}

CASE(topology_bind_refused_is_no_memory_and_leaves_nothing)
{
  two_nodes();
  akit_region* h = region_on(1, 2, 0);
  bound.answer = -EPERM;
  std::uint64_t before = os::map_counters.bytes;
  CHECK(!akit_region_alloc(h, kMiB, 0, 0, nullptr));
  CHECK_INT(errno, ENOMEM);
  CHECK_AT_MOST(os::map_counters.bytes, before + 64 * 1024);
  // A wish for nodes is none.
  akit_region* wish = region_on(3, 1, 0);
  CHECK(akit_region_alloc(wish, kMiB, 0, 0, nullptr) != nullptr);
}

CASE(topology_tiered_and_huge_bind_too)
{
  two_nodes();
  heap::Options o{};
  o.numa_mode = 2;
  o.numa_nodes = 3;
  akit_tiered* t = nullptr;
  CHECK_INT(heap::create(o, &t), 0);
  CHECK(akit_tiered_alloc(t, 100) != nullptr);
  CHECK_INT(bound.mode, 2);
  CHECK_INT(bound.nodes, 3);
  bound = {};
  akit_huge* h = huge_with(3, 1, 1, 2);
  std::uint32_t backing = 9;
  CHECK(huge::alloc(h, 2 * kMiB, 0, 0, &backing) != nullptr);
  CHECK_INT(backing, 2);
  CHECK_INT(bound.nodes, 2);
}

CASE(topology_without_numa_in_the_kernel)
{
  os::fault::arm(os::fault::kBind, 1, ENOSYS, true);
  region_on(1, 1, -ENOSYS);
  CHECK(region_on(0, 0, 0) != nullptr);
}

CASE(topology_giant_then_huge_then_transparent)
{
  two_nodes();
  akit_huge* h = huge_with(0, 0);
  std::uint32_t backing = 9;
  void* giant = huge::alloc(h, kGiB, 0, 0, &backing);
  CHECK(giant && backing == 3 && reinterpret_cast<std::uintptr_t>(giant) % kGiB == 0);
  CHECK(huge::alloc(h, kGiB + kGiB / 2, 0, 0, &backing) && backing == 2);  // half a page would be wasted
  CHECK(huge::alloc(h, 3 * kMiB, 0, 0, &backing) && backing == 2);
  HugeStats st{};
  CHECK_INT(huge::stats_get(h, &st), 0);
  CHECK_INT(st.giant_bytes, kGiB);
  CHECK_INT(st.hugetlb_bytes, kGiB + kGiB / 2 + 4 * kMiB);
  CHECK_INT(st.fallbacks_total, 0);
  os::fault::arm(os::fault::kMap, 1, ENOMEM, false);
  void* p = huge::alloc(h, 2 * kMiB, 0, 0, &backing);
  CHECK(p && backing == 1);
  CHECK_INT(huge::stats_get(h, &st), 0);
  CHECK_INT(st.fallbacks_total, 1);
  CHECK_INT(huge::free(h, giant), 0);
  CHECK_INT(huge::free(h, giant), -ENOENT);
}

CASE(topology_reasons)
{
  two_nodes();
  put("/proc/self/cgroup", "0::/app\n");
  CHECK_INT(reason_of_refusal(os::fault::kMap, EPERM, 0, 0), 5);
  CHECK_INT(reason_of_refusal(os::fault::kMap, ENOMEM, 0, 0), 6);  // free pages, no limit: the kernel's own affair
  put("/sys/fs/cgroup/app/hugetlb.2MB.max", "2097152\n");
  CHECK_INT(os::cgroup_hugetlb_limit(2 * kMiB), 2097152);
  CHECK_INT(reason_of_refusal(os::fault::kMap, ENOMEM, 0, 0), 2);
  CHECK_INT(reason_of_refusal(os::fault::kAdvise, EFAULT, 0, 0), 2);
  put("/sys/fs/cgroup/app/hugetlb.2MB.max", "max\n");
  CHECK_INT(os::cgroup_hugetlb_limit(2 * kMiB), static_cast<long long>(kNone));
  pool("/sys/kernel/mm", 2048, 8, 1, 0);
  CHECK_INT(reason_of_refusal(os::fault::kMap, ENOMEM, 0, 0), 1);
  pool("/sys/kernel/mm", 2048, 8, 8, 7);
  CHECK_INT(reason_of_refusal(os::fault::kMap, ENOMEM, 0, 0), 1);
  pool("/sys/kernel/mm", 2048, 8, 8, 0);
  pool("/sys/devices/system/node/node1", 2048, 4, 1, 0);
  CHECK_INT(reason_of_refusal(os::fault::kAdvise, EFAULT, 1, 2), 3);
  bound.answer = -EINVAL;
  CHECK_INT(reason_of_refusal(os::fault::kMembarrier, EINVAL, 1, 2), 3);
}

CASE(topology_of_a_kernel_without_huge_pages)
{
  put("/sys/devices/system/node/online", "0\n");
  static std::string empty = folder() + "/empty";
  mkdir(empty.c_str(), 0700);
  os::fault::set_root(empty.c_str());
  huge::System s{};
  CHECK_INT(huge::system_get(huge::kAllNodes, &s), 0);
  CHECK_INT(s.huge_page_bytes, 0);
  CHECK_INT(s.thp_mode, 0);
  CHECK_INT(s.numa_nodes, 1);
  akit_huge* h = huge_with(0, 0);
  std::uint32_t backing = 9;
  CHECK(huge::alloc(h, kMiB, 0, 0, &backing) && backing == 0);
  CHECK(huge::reason_count(h, 6) > 0);
  akit_huge* strict = huge_with(3, 1);
  CHECK(!huge::alloc(strict, kMiB, 0, 0, &backing) && errno == ENOMEM);
}
