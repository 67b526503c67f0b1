// Why pages are not what was wished for: every refusal of a machine that is not here, and the reason it is booked under.
#include "machine.h"

namespace {

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
  bound.answer = -EPERM;
  CHECK_INT(reason_of_refusal(os::fault::kMembarrier, EPERM, 1, 2), 5);
}

CASE(topology_limits_of_groups_above_hold)
{
  two_nodes();
  put("/proc/self/cgroup", "0::/outer/inner\n");
  put("/sys/fs/cgroup/outer/inner/hugetlb.2MB.max", "8388608\n");
  put("/sys/fs/cgroup/outer/hugetlb.2MB.rsvd.max", "4194304\n");
  CHECK_INT(os::cgroup_hugetlb_limit(2 * kMiB), 4194304);
  CHECK_INT(os::cgroup_hugetlb_limit(kGiB), static_cast<long long>(kNone));
}

// Giant pages are wished for first: what was wrong with them is the reason, not what was wrong with huge ones.
CASE(topology_the_first_refusal_is_the_reason)
{
  two_nodes();
  pool("/sys/kernel/mm", 1048576, 0, 0, 0);
  akit_huge* h = huge_with(0, 0);
  os::fault::arm(os::fault::kMap, 1, ENOMEM, false);
  os::fault::arm(os::fault::kAdvise, 1, EFAULT, false);
  void* p = huge::alloc(h, kGiB, 0, 0, nullptr);
  heap::BlockInfo info{};
  CHECK(p && heap::inspect(p, &info) == 0);
  CHECK_INT(info.reason, 1);
  CHECK_INT(huge::reason_count(h, 1), 1);
  CHECK_INT(huge::reason_count(h, 2), 1);
  HugeStats st{};
  CHECK_INT(huge::stats_get(h, &st), 0);
  CHECK_INT(st.fallbacks_total, 1);  // one block
}

// Pages that are taken here are ordinary ones, as on a machine whose memory is in pieces.
CASE(topology_fragments_are_told)
{
  two_nodes();
  heap::Options o{};
  o.kind = heap::kKindHuge;
  o.giant_mode = o.huge_mode = 3;
  o.populate = 1;
  akit_tiered* t = nullptr;
  CHECK_INT(heap::create(o, &t), 0);
  auto* h = reinterpret_cast<akit_huge*>(t);
  std::uint32_t backing = 9;
  void* p = huge::alloc(h, 8 * kMiB, 0, 0, &backing);
  CHECK(p != nullptr);
  if (os::huge_mapped_bytes(p, 8 * kMiB) == kNone) SKIP("the kernel does not say which pages are huge");
  heap::BlockInfo info{};
  CHECK_INT(heap::inspect(p, &info), 0);
  CHECK(backing == 0 && info.backing == 0 && info.reason == 4);
  CHECK_INT(huge::reason_count(h, 4), 1);
}
