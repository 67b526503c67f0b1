// Operators over blocks and columns. Each takes its output and its scratch from the source and gives the scratch back at its end.
#ifndef COLUMNS_OPERATORS_H
#define COLUMNS_OPERATORS_H

#include "table.h"

#include <cstring>

using Rows = Buffer<uint32_t>; // a selection vector: numbers of rows

// The rows of a block that pass; room for all of them, because nobody knows how many it will be.
template <typename Predicate>
Rows select(Block block, Predicate pass) {
    Rows kept(block.count);
    size_t count = 0;
    for (size_t row = block.first; row < block.first + block.count; row++) {
        kept[count] = static_cast<uint32_t>(row);
        count += pass(row) ? 1 : 0;
    }
    kept.keep(count);
    return kept;
}

// The values of a column in these rows.
template <typename T>
Buffer<T> gather(const Buffer<T> &column, const Rows &rows) {
    auto out = Buffer<T>::sized(rows.size());
    for (size_t i = 0; i < rows.size(); i++) out[i] = column[rows[i]];
    return out;
}

// A column made of an expression over 0 to count - 1.
template <typename F>
auto compute(size_t count, F value) {
    auto out = Buffer<decltype(value(size_t{0}))>::sized(count);
    for (size_t i = 0; i < count; i++) out[i] = value(i);
    return out;
}

inline uint64_t mix(uint64_t key) {
    key = (key ^ key >> 32) * 0x9e3779b97f4a7c15u;
    return key ^ key >> 29;
}

// Groups by key with a state per group: open addressing in one array that doubles when it is half full.
template <typename State>
class Groups {
public:
    struct Cell {
        uint64_t key; // 0: free; the keys of the callers are not 0
        State state;
    };

    Groups() : cells_(Buffer<Cell>::zeroed(first_cells)) {}

    State &at(uint64_t key) {
        if (2 * used_ >= cells_.size()) grow();
        Cell &cell = find(cells_, key);
        if (cell.key == 0) {
            cell.key = key;
            used_++;
        }
        return cell.state;
    }
    const State &get(uint64_t key) { return find(cells_, key).state; } // zeroes for a key that is not there
    size_t size() const { return used_; }

    // f(key, state) for every group, in the order of the array.
    template <typename F>
    void each(F f) const {
        for (const Cell &cell : cells_) {
            if (cell.key != 0) f(cell.key, cell.state);
        }
    }

private:
    static constexpr size_t first_cells = 4096;

    static Cell &find(Buffer<Cell> &cells, uint64_t key) {
        const size_t mask = cells.size() - 1;
        size_t i = mix(key) & mask;
        while (cells[i].key != 0 && cells[i].key != key) i = (i + 1) & mask;
        return cells[i];
    }
    void grow() {
        auto larger = Buffer<Cell>::zeroed(2 * cells_.size());
        for (const Cell &cell : cells_) {
            if (cell.key != 0) find(larger, cell.key) = cell;
        }
        cells_ = std::move(larger);
    }

    Buffer<Cell> cells_;
    size_t used_ = 0;
};

// The build side of a hash join over a column of keys: heads of chains through the rows, which are counted from 1 in here.
class JoinTable {
public:
    explicit JoinTable(const Buffer<uint64_t> &keys) : keys_(keys), next_(Buffer<uint32_t>::sized(keys.size())) {
        size_t heads = 1024;
        while (heads < 2 * keys_.size()) heads *= 2;
        heads_ = Buffer<uint32_t>::zeroed(heads);
        for (size_t row = 0; row < keys_.size(); row++) {
            uint32_t &head = heads_[mix(keys_[row]) & (heads - 1)];
            next_[row] = head;
            head = static_cast<uint32_t>(row + 1);
        }
    }

    // f(row) for every row with the key.
    template <typename F>
    void each(uint64_t key, F f) const {
        for (uint32_t row = heads_[mix(key) & (heads_.size() - 1)]; row != 0; row = next_[row - 1]) {
            if (keys_[row - 1] == key) f(row - 1);
        }
    }

private:
    const Buffer<uint64_t> &keys_;
    Buffer<uint32_t> next_, heads_;
};

// Sorts entries by their unsigned key of Words 64-bit words, the most significant one first; equal ones stay in order.
template <typename Entry, size_t Words>
void radix_sort(Buffer<Entry> &entries, uint64_t (Entry::*key)[Words]) {
    constexpr size_t bytes = 8 * Words;
    const size_t count = entries.size();
    const auto digit = [key](const Entry &entry, size_t byte) { return (entry.*key)[Words - 1 - byte / 8] >> 8 * (byte % 8) & 255; };
    auto scratch = Buffer<Entry>::sized(count);
    uint32_t counts[bytes][256] = {};
    for (const Entry &entry : entries) {
        for (size_t byte = 0; byte < bytes; byte++) counts[byte][digit(entry, byte)]++;
    }
    for (size_t byte = 0; byte < bytes && count != 0; byte++) {
        uint32_t *places = counts[byte];
        if (places[digit(entries[0], byte)] == count) continue;
        uint32_t place = 0;
        for (size_t value = 0; value < 256; value++) place += std::exchange(places[value], place);
        for (const Entry &entry : entries) scratch[places[digit(entry, byte)]++] = entry;
        entries.swap(scratch);
    }
}

struct KeyedRow {
    uint64_t key[1];
    uint32_t row;
};

// The numbers of all rows in the order of the keys.
template <typename F>
Rows order_by(size_t rows, F key) {
    auto entries = compute(rows, [&](size_t row) { return KeyedRow{{key(row)}, static_cast<uint32_t>(row)}; });
    radix_sort(entries, &KeyedRow::key);
    return compute(rows, [&](size_t i) { return entries[i].row; });
}

// Values as unsigned numbers of the same order. NaN comes last.
inline uint64_t ordered(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 != 0 ? ~bits : bits | uint64_t{1} << 63;
}
inline uint32_t ordered(int32_t value) { return static_cast<uint32_t>(value) ^ 0x80000000u; }

// A sum over a column that depends on the order of its values.
template <typename T>
uint64_t fingerprint(const Buffer<T> &column) {
    uint64_t sum = 0;
    for (size_t i = 0; i < column.size(); i++) {
        uint64_t bits = 0;
        memcpy(&bits, &column[i], sizeof(T));
        sum += (i + 1) * bits;
    }
    return sum;
}

#endif
