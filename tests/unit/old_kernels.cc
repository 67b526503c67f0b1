// What a registration answers on a kernel without one of the newer facilities: the call is refused by the hooks.
#include "../check.h"
#include "urings.h"

namespace {

using namespace core;

struct Scene {
  int fd;
  akit_uring* h = nullptr;
  char* memory;

  explicit Scene(std::uint64_t flags = uring::kCreateTable, std::uint64_t tag_base = 0) : fd(plain_ring()) {
    if (fd < 0) SKIP("no io_uring can be made here");
    memory = static_cast<char*>(mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    h = attach(fd, flags, tag_base);
  }
  static akit_uring* attach(int fd, std::uint64_t flags, std::uint64_t tag_base) {
    uring::Options o;
    o.ring_fd = fd;
    o.flags = flags;
    o.slot_count = 8;
    o.tag_base = tag_base;
    akit_uring* out = nullptr;
    CHECK_INT(uring::create(o, &out), 0);
    return out;
  }
  UringStats stats() {
    UringStats st{};
    CHECK_INT(uring::stats_get(h, &st), 0);
    return st;
  }
  void end() {
    CHECK_INT(uring::destroy(h, false), 0);
    munmap(memory, 1 << 20);
    close(fd);
  }
};

void refuse(os::fault::Call c, int error) { os::fault::arm(c, 1, error, true); }
void allow(os::fault::Call c) { os::fault::arm(c, 0, 0, false); }

}  // namespace

// Linux before 5.13: no table that can be changed.
CASE(no_tables) {
  refuse(os::fault::kUringTable, EINVAL);
  Scene s;
  CHECK_INT(s.stats().state, 1);
  CHECK_INT(s.stats().last_errno, ENOSYS);
  CHECK_INT(uring::add_memory(s.h, s.memory, 4096), 0);
  CHECK_INT(uring::sync(s.h), -ENOSYS);
  CHECK_INT(akit_uring_lookup(s.h, s.memory, 1), -ENOENT);
  CHECK_INT(s.stats().areas_pending, 1);
  s.end();
  allow(os::fault::kUringTable);
}

// Linux 5.13 to 5.18: no flag for an empty table, but a list of empty slots is taken.
CASE(tables_of_empty_slots) {
  os::fault::arm(os::fault::kUringTable, 1, EINVAL, false);
  Scene s;
  CHECK_INT(os::fault::seen(os::fault::kUringTable), 2);
  CHECK_INT(uring::add_memory(s.h, s.memory, 4096), 0);
  CHECK_INT(uring::sync(s.h), 1);
  CHECK(akit_uring_lookup(s.h, s.memory, 4096) >= 0);
  s.end();
}

// Linux before 6.12.
CASE(no_copies_of_tables) {
  Scene s;
  CHECK_INT(uring::add_memory(s.h, s.memory, 4096), 0);
  CHECK_INT(uring::sync(s.h), 1);
  for (bool copies : {true, false}) {
    copies ? allow(os::fault::kUringClone) : refuse(os::fault::kUringClone, EINVAL);
    os::fault::arm(os::fault::kUringUpdate, 0, 0, false);
    int fd = plain_ring();
    uring::Options o;
    o.ring_fd = fd;
    o.flags = uring::kCreateTable;
    o.slot_count = 8;
    akit_uring* clone = nullptr;
    CHECK_INT(uring::clone(s.h, o, &clone), 0);
    CHECK_INT(os::fault::seen(os::fault::kUringClone), 1);
    CHECK_INT(os::fault::seen(os::fault::kUringUpdate), copies ? 0 : 1);
    CHECK(akit_uring_lookup(clone, s.memory, 4096) >= 0);
    CHECK_INT(uring::destroy(clone, false), 0);
    close(fd);
  }
  allow(os::fault::kUringClone);
  s.end();
}

// Linux before 5.19.
CASE(no_groups) {
  Scene s;
  akit_pool* pool = plain_pool();
  uring::GroupOptions o;
  o.pool = pool;
  akit_uring_group* g = nullptr;
  refuse(os::fault::kUringGroup, EINVAL);
  CHECK_INT(uring::group_create(s.h, o, &g), -ENOSYS);
  CHECK(g == nullptr);
  allow(os::fault::kUringGroup);
  CHECK_INT(pool::destroy(pool, 0), 0);
  s.end();
}

// A group that the kernel would not give up keeps what the kernel may still write to.
CASE(a_group_that_stays) {
  Scene s;
  akit_pool* pool = plain_pool();
  uring::GroupOptions o;
  o.pool = pool;
  o.entries = 4;
  akit_uring_group* g = nullptr;
  int rc = uring::group_create(s.h, o, &g);
  if (rc == -ENOSYS) SKIP("this kernel has no rings of provided buffers");
  CHECK_INT(rc, 0);
  CHECK_INT(uring::group_refill(g), 4);
  os::fault::arm(os::fault::kUringGroup, 1, EEXIST, false);
  CHECK_INT(uring::group_destroy(g, false), -EEXIST);
  PoolStats ps{};
  CHECK_INT(pool::stats_get(pool, &ps), 0);
  CHECK_INT(ps.out_buffers, 4);
  s.end();
}

CASE(no_duplicate_of_the_descriptor) {
  Scene s;
  uring::Options o;
  o.ring_fd = s.fd;
  o.slot_count = 1;
  akit_uring* out = nullptr;
  os::fault::arm(os::fault::kDup, 1, EMFILE, false);
  CHECK_INT(uring::create(o, &out), -EMFILE);
  CHECK(out == nullptr);
  s.end();
}

CASE(no_io_uring_at_all) {
  refuse(os::fault::kUringSetup, ENOSYS);
  uring::ProbeInfo p = uring::probe();
  CHECK_INT(p.available, 0);
  CHECK_INT(p.error, ENOSYS);
  uring::Options o;
  o.slot_count = 1;
  akit_uring* out = nullptr;
  CHECK_INT(uring::create(o, &out), -ENOSYS);
  allow(os::fault::kUringSetup);
}

CASE(no_locked_memory_for_a_ring) {
  os::fault::arm(os::fault::kUringSetup, 2, ENOMEM, false);
  uring::ProbeInfo p = uring::probe();
  if (!p.available) SKIP("io_uring is not allowed here");
  CHECK_INT(p.error, ENOMEM);
  CHECK_INT(p.features, 0);
  allow(os::fault::kUringSetup);
}

// The kernel would not empty the slot: the memory waits, and the next synchronisation tries again.
CASE(a_slot_that_is_not_emptied) {
  Scene s;
  CHECK_INT(uring::add_memory(s.h, s.memory, 4096), 0);
  CHECK_INT(uring::sync(s.h), 1);
  CHECK_INT(uring::remove(s.h, s.memory), 0);
  os::fault::arm(os::fault::kUringUpdate, 1, EEXIST, false);
  CHECK_INT(uring::sync(s.h), -EEXIST);
  CHECK_INT(s.stats().areas_draining, 1);
  CHECK_INT(s.stats().slots_used, 1);
  CHECK_INT(uring::sync(s.h), 0);
  CHECK_INT(s.stats().slots_used, 0);
  s.end();
}

// Destroyed where the kernel refuses: drained when the caller says that the io_uring is gone.
CASE(a_table_that_stays) {
  Scene s;
  CHECK_INT(uring::add_memory(s.h, s.memory, 4096), 0);
  CHECK_INT(uring::sync(s.h), 1);
  os::fault::arm(os::fault::kUringTable, 1, EEXIST, false);
  CHECK_INT(uring::destroy(s.h, false), -EEXIST);
  CHECK_INT(uring::drained(s.h, kNone), 1);
  CHECK_INT(uring::drained(s.h, kNone), -EINVAL);
  close(s.fd);
}
