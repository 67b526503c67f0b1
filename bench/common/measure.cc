#include "measure.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace {

char* const text = own_array<char>(1 << 16);

std::size_t read_file(int fd) {
    std::size_t used = 0;
    for (;;) {
        const ssize_t got = read(fd, text + used, (1 << 16) - 1 - used);
        if (got < 0) std::abort();
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
    }
    text[used] = 0;
    return used;
}

int open_file(const char* path) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) std::abort();
    return fd;
}

void load(const char* path) {
    const int fd = open_file(path);
    read_file(fd);
    close(fd);
}

std::int64_t field_bytes(const char* name) {
    const char* at = std::strstr(text, name);
    return at == nullptr ? 0 : std::strtoll(at + std::strlen(name), nullptr, 10) * 1024;
}

std::int64_t count_mappings() {
    const int fd = open_file("/proc/self/maps");
    std::int64_t lines = 0;
    ssize_t got;
    while ((got = read(fd, text, (1 << 16) - 1)) > 0)
        for (ssize_t i = 0; i < got; i++) lines += text[i] == '\n';
    close(fd);
    return lines;
}

std::uint64_t clock_ns(clockid_t clock) {
    timespec t;
    clock_gettime(clock, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1000000000 + static_cast<std::uint64_t>(t.tv_nsec);
}

} // namespace

Memory memory_now() {
    Memory m;
    load("/proc/self/smaps_rollup");
    m.resident_bytes = field_bytes("\nAnonymous:") + field_bytes("\nPrivate_Hugetlb:") + field_bytes("\nShared_Hugetlb:");
    load("/proc/self/statm");
    m.virtual_bytes = std::strtoll(text, nullptr, 10) * sysconf(_SC_PAGESIZE);
    m.mappings = count_mappings();
    return m;
}

Memory operator-(const Memory& a, const Memory& b) {
    return {a.resident_bytes - b.resident_bytes, a.virtual_bytes - b.virtual_bytes, a.mappings - b.mappings};
}

void reset_peak() {
    const int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "5", 1) != 1) std::abort();
    close(fd);
}

std::int64_t proc_bytes(const char* file, const char* field) {
    char path[64] = "/proc/self/";
    std::strncat(path, file, sizeof path - std::strlen(path) - 1);
    load(path);
    return field_bytes(field);
}

std::uint64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }
std::uint64_t process_cpu_ns() { return clock_ns(CLOCK_PROCESS_CPUTIME_ID); }

void sleep_ms(unsigned ms) {
    timespec t{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000) * 1000000};
    nanosleep(&t, nullptr);
}

unsigned cpu_count() {
    static const unsigned count = [] { // before any thread is pinned
        cpu_set_t allowed;
        return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? static_cast<unsigned>(CPU_COUNT(&allowed)) : 1;
    }();
    return count;
}

void pin_thread(unsigned n) {
    cpu_set_t allowed;
    const unsigned count = cpu_count();
    if (count < 2 || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    unsigned left = n % count;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || left-- != 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

void* own_memory(std::size_t bytes) {
    void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (p == MAP_FAILED) std::abort();
    return p;
}
