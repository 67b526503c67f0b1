/* akit_huge_system_get and its kin, against /sys and /proc. */
#include "huge_kit.h"

static uint64_t meminfo(const char *name)
{
    char line[128];
    uint64_t value = UINT64_MAX;
    FILE *f = fopen("/proc/meminfo", "r");
    if (!f)
        SKIP("no /proc/meminfo");
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
            value = strtoull(line + strlen(name) + 1, NULL, 10);
    fclose(f);
    return value;
}

static int kernel_has(const char *path)
{
    return access(path, R_OK) == 0;
}

CASE(figures_are_those_of_meminfo)
{
    akit_huge_system sys = huge_system();
    CHECK_INT(sys.base_page_bytes, sysconf(_SC_PAGESIZE));
    if (meminfo("HugePages_Total") == UINT64_MAX) {
        CHECK_INT(sys.huge_page_bytes, 0);
        return;
    }
    CHECK_INT(sys.huge_page_bytes, meminfo("Hugepagesize") << 10);
    CHECK_INT(sys.huge_total, meminfo("HugePages_Total"));
    CHECK_INT(sys.huge_free, meminfo("HugePages_Free"));
    CHECK_INT(sys.huge_reserved, meminfo("HugePages_Rsvd"));
    CHECK_INT(sys.huge_surplus, meminfo("HugePages_Surp"));
    CHECK_INT(sys.huge_page_bytes, process_stats().huge_page_bytes);
}

CASE(giant_pages_are_the_next_size)
{
    akit_huge_system sys = huge_system();
    if (!kernel_has(GIANT_DIR "nr_hugepages") || sys.huge_page_bytes != MIB(2))
        SKIP("this kernel has no pages of 2 MiB and 1 GiB");
    CHECK_INT(sys.giant_page_bytes, GIB(1));
    CHECK_INT(sys.giant_total, number_in(GIANT_DIR "nr_hugepages", 0));
    CHECK_INT(sys.giant_free, number_in(GIANT_DIR "free_hugepages", 0));
}

CASE(transparent_huge_pages_are_those_of_sys)
{
    static const char *const modes[] = {"", "[always]", "[madvise]", "[never]"};
    char line[64] = "";
    FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
    akit_huge_system sys = huge_system();
    if (!f) {
        CHECK_INT(sys.thp_page_bytes, 0);
        CHECK(sys.thp_mode == AKIT_THP_MODE_UNKNOWN || sys.thp_mode == AKIT_THP_MODE_NEVER);
        return;
    }
    CHECK(fgets(line, sizeof line, f) != NULL);
    fclose(f);
    CHECK_AT_LEAST(sys.thp_mode, AKIT_THP_MODE_ALWAYS);
    CHECK_AT_MOST(sys.thp_mode, AKIT_THP_MODE_NEVER);
    CHECK(strstr(line, modes[sys.thp_mode]) != NULL);
    CHECK_INT(sys.thp_page_bytes, number_in("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", 0));
}

static uint64_t nodes_there(void)
{
    uint64_t nodes = 0;
    char path[128];
    for (int i = 0; i < 64; i++) {
        snprintf(path, sizeof path, "/sys/devices/system/node/node%d", i);
        nodes |= (uint64_t)kernel_has(path) << i;
    }
    return nodes;
}

CASE(nodes_are_those_of_sys)
{
    if (!nodes_there())
        SKIP("the kernel has no NUMA");
    CHECK_INT(huge_system().numa_nodes, nodes_there());
}

CASE(nodes_one_by_one_add_up)
{
    if (!nodes_there())
        SKIP("the kernel has no NUMA");
    akit_huge_system all = huge_system();
    uint64_t total = 0, free_pages = 0, giants = 0;
    for (uint32_t node = 0; node < 64; node++) {
        akit_huge_system one = AKIT_HUGE_SYSTEM_INIT;
        int rc = akit_huge_system_node_get(node, &one);
        CHECK_INT(rc, nodes_there() >> node & 1 ? 0 : -ENOENT);
        if (rc)
            continue;
        CHECK_INT(one.numa_nodes, UINT64_C(1) << node);
        CHECK_INT(one.huge_page_bytes, all.huge_page_bytes);
        CHECK_INT(one.huge_reserved, 0);
        char path[160];
        snprintf(path, sizeof path, "/sys/devices/system/node/node%u/hugepages/hugepages-%llukB/free_hugepages", node,
                 (unsigned long long)all.huge_page_bytes >> 10);
        CHECK_INT(one.huge_free, number_in(path, one.huge_free));
        total += one.huge_total;
        free_pages += one.huge_free;
        giants += one.giant_total;
    }
    CHECK_INT(total, all.huge_total);
    CHECK_INT(free_pages, all.huge_free);
    CHECK_INT(giants, all.giant_total);
    akit_huge_system out = AKIT_HUGE_SYSTEM_INIT;
    CHECK_INT(akit_huge_system_node_get(64, &out), -ENOENT);
    CHECK_INT(akit_huge_system_node_get(UINT32_MAX, &out), -ENOENT);
}

CASE(figures_move_with_what_is_taken)
{
    NEEDS_HUGE_PAGES(4);
    akit_huge_system sys = huge_system(), now;
    akit_huge *h = huge_with_modes(AKIT_HUGE_NEVER, AKIT_HUGE_REQUIRE);
    huge_block(h, MIB(8));
    now = huge_system();
    CHECK_INT(now.huge_total, sys.huge_total);
    CHECK_INT(now.huge_free, sys.huge_free - 4);
    akit_huge_destroy(h, 0);
    now = huge_system();
    CHECK_INT(now.huge_free, sys.huge_free);
}

CASE(wrong_arguments_are_einval)
{
    akit_huge_system out = AKIT_HUGE_SYSTEM_INIT;
    CHECK_INT(akit_huge_system_get(NULL), -EINVAL);
    CHECK_INT(akit_huge_system_node_get(0, NULL), -EINVAL);
    out.struct_size = 0;
    CHECK_INT(akit_huge_system_get(&out), -EINVAL);
    out.struct_size = 13;
    CHECK_INT(akit_huge_system_node_get(0, &out), -EINVAL);
}

CASE(older_and_newer_callers)
{
    struct {
        akit_huge_system sys;
        uint64_t tail[2];
    } n;
    memset(&n, 0xff, sizeof n);
    n.sys.struct_size = sizeof n;
    CHECK_INT(akit_huge_system_get(&n.sys), 0);
    CHECK(all_bytes(n.tail, sizeof n.tail, 0));
    memset(&n, 0xff, sizeof n);
    n.sys.struct_size = offsetof(akit_huge_system, giant_page_bytes);
    CHECK_INT(akit_huge_system_get(&n.sys), 0);
    CHECK(n.sys.base_page_bytes == (uint64_t)sysconf(_SC_PAGESIZE) && n.sys.giant_page_bytes == UINT64_MAX);
}

CASE(text_needs_room)
{
    static char text[1 << 16];
    size_t need = 0, again = 0;
    CHECK_INT(akit_huge_system_text(NULL, 0, &need), -ENOSPC);
    CHECK_AT_LEAST(need, 2);
    memset(text, 'x', sizeof text);
    CHECK_INT(akit_huge_system_text(text, need / 2, &again), -ENOSPC);
    CHECK_AT_LEAST(again, need / 2 + 1);
    CHECK_INT(text[0], 0);
    CHECK_INT(akit_huge_system_text(text, sizeof text, NULL), 0);
    CHECK_INT(akit_huge_system_text(NULL, 10, NULL), -EINVAL);
    CHECK(strstr(text, "nr_hugepages") != NULL || huge_system().huge_page_bytes == 0);
}

CASE(text_has_the_figures)
{
    static char text[1 << 16];
    char number[32];
    akit_huge_system sys = huge_system();
    if (!sys.huge_page_bytes)
        SKIP("the kernel has no huge pages");
    CHECK_INT(akit_huge_system_text(text, sizeof text, NULL), 0);
    snprintf(number, sizeof number, "%llu", (unsigned long long)sys.huge_total);
    CHECK(strstr(text, number) != NULL);
    CHECK(strchr(text, '\n') != NULL && text[strlen(text) - 1] == '\n');
}
