// akit_huge_system_text: what there is of each page size, and how to get more of it.
#include <allockit/huge.h>

#include "huge/api.h"
#include "text.h"

namespace {

using akit::abi::Text;
using akit::huge::System;

// One size of explicit pages, of all nodes or of one.
struct Pages {
  const char* word;
  std::uint64_t bytes, total, free, reserved, surplus;
};

Pages huge_of(const System& s) {
  return {"huge", s.huge_page_bytes, s.huge_total, s.huge_free, s.huge_reserved, s.huge_surplus};
}

Pages giant_of(const System& s) {
  return {"giant", s.giant_page_bytes, s.giant_total, s.giant_free, 0, 0};
}

// In the largest unit that divides it: "2 MiB", or for the kernel's command line "2M".
void size(Text& t, std::uint64_t bytes, bool for_kernel) {
  static constexpr char kUnits[] = {'K', 'M', 'G', 'T'};
  int unit = -1;
  for (; unit < 3 && bytes != 0 && bytes % 1024 == 0; unit++) bytes /= 1024;
  t.put(bytes);
  if (!for_kernel) t.put(' ');
  if (unit >= 0) t.put(kUnits[unit]);
  if (!for_kernel) t.put(unit >= 0 ? "iB" : "bytes");
}

void figure(Text& t, std::uint64_t n, const char* word) {
  t.put(", ");
  t.put(n);
  t.put(word);
}

void figures(Text& t, const Pages& p) {
  t.put(": ");
  t.put(p.total);
  t.put(" reserved");
  figure(t, p.free, " free");
  if (p.reserved) figure(t, p.reserved, " of the free ones promised");
  if (p.surplus) figure(t, p.surplus, " beyond the configured number");
  t.put('\n');
}

template <class Use>
void each_node(std::uint64_t nodes, Use use) {
  for (std::uint32_t node = 0; node < 64; node++) {
    System s{};
    if ((nodes >> node & 1) != 0 && akit::huge::system_get(node, &s) == 0) use(node, s);
  }
}

void lines(Text& t, const System& all, Pages (*pages_of)(const System&)) {
  const Pages p = pages_of(all);
  t.put(p.word);
  t.put(" pages");
  if (p.bytes == 0) {
    t.put(": the kernel offers none\n");
    return;
  }
  t.put(" of ");
  size(t, p.bytes, false);
  figures(t, p);
  each_node(all.numa_nodes, [&](std::uint32_t node, const System& s) {
    t.put("  node ");
    t.put(std::uint64_t{node});
    figures(t, pages_of(s));
  });
}

void thp_line(Text& t, const System& all) {
  static constexpr const char* kModes[] = {"unknown", "always", "madvise", "never"};
  t.put("transparent huge pages");
  if (all.thp_page_bytes != 0) {
    t.put(" of ");
    size(t, all.thp_page_bytes, false);
  }
  t.put(": ");
  t.put(all.thp_page_bytes == 0 ? "the kernel offers none"
                                : kModes[all.thp_mode <= AKIT_THP_MODE_NEVER ? all.thp_mode : 0]);
  t.put('\n');
}

void cgroup_line(Text& t, const System& all) {
  t.put("control group limit of huge pages: ");
  if (all.cgroup_huge_limit_bytes == AKIT_NONE)
    t.put("none known");
  else
    size(t, all.cgroup_huge_limit_bytes, false);
  t.put('\n');
}

// The file holds the configured number, so the command names the present one and some more: taking
// it over as it is never makes the reservation smaller.
void command(Text& t, const Pages& p, const char* folder, const std::uint32_t* node) {
  static constexpr std::uint64_t kMore = 128u << 20;
  t.put("  echo ");
  t.put(p.total - p.surplus + (p.bytes < kMore ? kMore / p.bytes : 1));
  t.put(" > ");
  t.put(folder);
  if (node) {
    t.put(std::uint64_t{*node});
    t.put("/hugepages");
  }
  t.put("/hugepages-");
  t.put(p.bytes / 1024);
  t.put("kB/nr_hugepages\n");
}

void commands(Text& t, const System& all, Pages (*pages_of)(const System&)) {
  const Pages p = pages_of(all);
  if (p.bytes == 0) return;
  t.put("more ");
  t.put(p.word);
  t.put(" pages, as root, on all nodes or on one:\n");
  command(t, p, "/sys/kernel/mm/hugepages", nullptr);
  each_node(all.numa_nodes, [&](std::uint32_t node, const System& s) {
    command(t, pages_of(s), "/sys/devices/system/node/node", &node);
  });
}

void boot_line(Text& t, const System& all) {
  if (all.giant_page_bytes == 0) return;
  t.put("giant pages are sure to be had only at boot, by the kernel command line, for N pages:\n"
        "  hugepagesz=");
  size(t, all.giant_page_bytes, true);
  t.put(" hugepages=N\n");
}

}  // namespace

extern "C" int akit_huge_system_text(char* buf, size_t size, size_t* need) {
  if (need) *need = 0;
  if (buf == nullptr && size != 0) return -EINVAL;
  Text t(buf, size);
  System all{};
  if (const int rc = akit::huge::system_get(akit::huge::kAllNodes, &all); rc < 0) {
    if (size > 0) buf[0] = '\0';
    return rc;
  }
  t.put("ordinary pages of ");
  ::size(t, all.base_page_bytes, false);
  t.put('\n');
  thp_line(t, all);
  lines(t, all, huge_of);
  lines(t, all, giant_of);
  cgroup_line(t, all);
  commands(t, all, huge_of);
  commands(t, all, giant_of);
  boot_line(t, all);
  return t.finish(need);
}
