// A machine that is not here: files of /sys and /proc in a folder, ordinary memory that stands for huge pages.
#pragma once
#include <sys/stat.h>

#include <string>

#include "../check.h"
#include "os/huge_pages.h"
#include "os/numa.h"
#include "regions.h"

using namespace core;
constexpr std::size_t kMiB = std::size_t{1} << 20, kGiB = std::size_t{1} << 30;

inline const std::string& folder() {
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

inline void put(const std::string& path, const std::string& text) {
  std::string whole = folder() + path;
  for (std::size_t i = 1; i < whole.size(); ++i)
    if (whole[i] == '/') mkdir(whole.substr(0, i).c_str(), 0700);
  FILE* f = std::fopen(whole.c_str(), "w");
  CHECK(f != nullptr);
  std::fputs(text.c_str(), f);
  std::fclose(f);
}

inline void pool(const std::string& below, std::size_t kib, unsigned total, unsigned free, unsigned reserved) {
  std::string at = below + "/hugepages/hugepages-" + std::to_string(kib) + "kB/";
  put(at + "nr_hugepages", std::to_string(total) + "\n");
  put(at + "free_hugepages", std::to_string(free) + "\n");
  put(at + "resv_hugepages", std::to_string(reserved) + "\n");
  put(at + "surplus_hugepages", "0\n");
}

inline struct Bound {
  int mode;
  std::uint64_t nodes;
  unsigned calls;
  int answer;
} bound;

inline int pretend_bind(void*, std::size_t, int mode, std::uint64_t nodes) {
  bound.mode = mode;
  bound.nodes = nodes;
  ++bound.calls;
  return bound.answer;
}
inline int pretend_node(const void* page) { return static_cast<int>(reinterpret_cast<std::uintptr_t>(page) >> 12 & 1); }
inline const os::fault::Machine machine{pretend_bind, pretend_node};

// Two nodes, each with half of eight huge pages and one giant page.
inline void two_nodes() {
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

inline akit_region* region_on(std::uint32_t mode, std::uint64_t nodes, int answer) {
  heap::Options o{};
  o.kind = heap::kKindRegion;
  o.numa_mode = mode;
  o.numa_nodes = nodes;
  akit_tiered* h = nullptr;
  CHECK_INT(heap::create(o, &h), answer);
  return reinterpret_cast<akit_region*>(h);
}

inline akit_huge* huge_with(std::uint32_t giant, std::uint32_t huge, std::uint32_t numa = 0, std::uint64_t nodes = 0) {
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
