// akit_ring through the C ABI. --way says what differs from its defaults.
#pragma once

#include <allockit.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "heap.h"
#include "row.h"

class Ours {
public:
    using Slice = char*;

    // Blocks of 1/64 of the area as by default, but of 16 of the longest slices where that is more, and at most a quarter
    // of the area; whole slices fit into a block when all are as long as the longest.
    Ours(std::size_t capacity, std::size_t longest) {
        akit_ring_config config = AKIT_RING_CONFIG_INIT;
        std::size_t each = longest;
        if (way("coloured")) config.colour_bytes = 64, each += 64;
        if (way("coloured") || way("huge")) config.thp = AKIT_THP_ADVISE;
        if (way("ordered")) config.order = AKIT_RING_ORDERED;
        else config.block_bytes = std::max({capacity / 64 / each, std::min<std::size_t>(capacity / 4 / each, 16), std::size_t{1}}) * each;
        config.capacity_bytes = capacity;
        if (akit_ring_create(&config, &handle_) != 0) std::abort();
    }

    // NULL when there is no room.
    Slice try_acquire(std::size_t length) const {
        auto* p = static_cast<char*>(akit_ring_acquire(handle_, length));
        escape(p);
        return p;
    }
    void release(Slice p) const { akit_ring_release(handle_, p); }

    static char* data(Slice p) { return p; }
    static bool none(Slice p) { return p == nullptr; }

private:
    static bool way(const char* name) { return std::strcmp(options.way, name) == 0; }

    akit_ring* handle_ = nullptr;
};
