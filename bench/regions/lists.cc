// The seed's adaptive lists: several blocks of different sizes are allocated, their first byte written, and all freed
// in the same order.
#include "heap.h"
#include "jobs.h"
#include "pass.h"

namespace {

constexpr std::size_t K = 1024;
constexpr std::size_t list_end = 0;
constexpr std::size_t list[][9] = {
    {128, 256, 512, 256, 128, 512, 256, 128, list_end},
    {2 * K, 4 * K, 8 * K, 4 * K, 2 * K, 8 * K, 4 * K, list_end},
    {32 * K, 64 * K, 128 * K, 64 * K, 32 * K, list_end},
    {128, 4 * K, 64 * K, 256, 8 * K, 128 * K, 512, list_end},
};

} // namespace

void lists(const Row& row) {
    const Heap heap = row_heap();
    const std::size_t* size = list[row.a];
    time_pass(row, [=] {
        char* block[8];
        for (int i = 0; size[i] != list_end; i++) touch(block[i] = take(heap, size[i]));
        for (int i = 0; size[i] != list_end; i++) heap.free(block[i], size[i]);
    });
}
