// Seeded random numbers: the same sizes in the same order for every allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0xa0761d6478bd642f;
        const auto wide = static_cast<unsigned __int128>(state_) * (state_ ^ 0xe7037ed1a0b428db);
        return static_cast<std::uint64_t>(wide >> 64) ^ static_cast<std::uint64_t>(wide);
    }

    // 0 <= result < bound
    std::size_t below(std::size_t bound) { return scale(next() >> 32, bound); }

    // A power of two between 2^low and 2^high at random, then anything up to its double: small blocks are
    // as likely as large ones, which is what "mixed" means in these rows.
    std::size_t mixed_size(unsigned low, unsigned high) {
        const std::uint64_t x = next();
        const std::size_t base = std::size_t{1} << (low + scale(x >> 32, high - low + 1));
        return base + scale(static_cast<std::uint32_t>(x), base);
    }

    static std::size_t scale(std::uint64_t bits32, std::size_t bound) { return bits32 * bound >> 32; }

private:
    std::uint64_t state_;
};

template <class T>
void shuffle(Random& random, T* list, std::size_t count) {
    for (std::size_t i = count; i > 1; i--) std::swap(list[i - 1], list[random.below(i)]);
}
