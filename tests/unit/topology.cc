// Machines that are not here: two and four nodes, reservations that are empty, too small or forbidden.
// Files of /sys are written into a folder, ordinary memory stands for huge pages.
#include "machine.h"

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
