// What the rows measure beside time, taken from /proc without touching the allocator under test.
#pragma once

#include <cstddef>
#include <cstdint>

struct Memory {
    std::int64_t resident_bytes; // anonymous and hugetlb pages: file pages of libraries would blur small figures
    std::int64_t virtual_bytes;
    std::int64_t mappings;
};

Memory memory_now();
Memory operator-(const Memory& a, const Memory& b);

// The peak of the resident size (VmHWM) is counted anew from here.
void reset_peak();
// A field in KiB of a file of /proc/self ("status", "VmHWM:"), in bytes; 0 when it is not there.
std::int64_t proc_bytes(const char* file, const char* field);

std::uint64_t now_ns();
std::uint64_t process_cpu_ns();
void sleep_ms(unsigned ms);

// How many CPUs the process may use.
unsigned cpu_count();
// Keeps the calling thread on the n-th of them, when there is more than one.
void pin_thread(unsigned n);

// Memory of the row program itself, resident from the start and never from the allocator under test.
void* own_memory(std::size_t bytes);

template <class T>
T* own_array(std::size_t count) {
    return static_cast<T*>(own_memory(count * sizeof(T)));
}
