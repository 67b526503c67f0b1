// The whole table in four orders. Parts of the table become sorted runs: keys made comparable as plain numbers, and beside them the rows in
// one piece each. Runs are merged two by two, and the rows of the last one become columns again.
#include "operators.h"
#include "programs.h"

namespace {

constexpr size_t run_rows = 122880;

struct Key {
    uint64_t key[2];
    uint32_t row;
};

struct Run {
    Buffer<Key> keys;
    Buffer<Row> rows;
};

template <typename F>
Run make_run(const Table &table, Block block, F key) {
    auto keys = compute(block.count, [&](size_t i) {
        const size_t row = block.first + i;
        Key made{{}, static_cast<uint32_t>(row)};
        key(row, made.key);
        return made;
    });
    radix_sort(keys, &Key::key);
    auto rows = Buffer<Row>::sized(block.count);
    each_column([&](auto column, auto field) {
        const auto &values = table.*column;
        for (size_t i = 0; i < rows.size(); i++) rows[i].*field = values[keys[i].row];
    });
    return {std::move(keys), std::move(rows)};
}

bool less(const Key &a, const Key &b) { return a.key[0] != b.key[0] ? a.key[0] < b.key[0] : a.key[1] < b.key[1]; }

// Two runs become one; of equal keys those of the first come first.
Run merge(const Run &a, const Run &b) {
    const size_t count = a.keys.size() + b.keys.size();
    Run merged{Buffer<Key>::sized(count), Buffer<Row>::sized(count)};
    size_t i = 0, j = 0;
    for (size_t k = 0; k < count; k++) {
        const bool second = i == a.keys.size() || (j < b.keys.size() && less(b.keys[j], a.keys[i]));
        merged.keys[k] = second ? b.keys[j] : a.keys[i];
        merged.rows[k] = second ? b.rows[j] : a.rows[i];
        (second ? j : i)++;
    }
    return merged;
}

Table to_columns(const Run &run) {
    Table table;
    each_column([&](auto column, auto field) {
        table.*column = compute(run.rows.size(), [&](size_t i) { return run.rows[i].*field; });
    });
    return table;
}

template <typename F>
Table sorted(const Table &table, F key) {
    std::vector<Run> runs;
    each_block(table.rows(), run_rows, [&](Block block) { runs.push_back(make_run(table, block, key)); });
    while (runs.size() > 1) {
        for (size_t i = 0; i + 1 < runs.size(); i++) {
            runs[i] = merge(runs[i], runs[i + 1]);
            runs.erase(runs.begin() + static_cast<ptrdiff_t>(i) + 1);
        }
    }
    return to_columns(runs.at(0));
}

template <typename F>
void sort_and_show(const Table &table, Report &report, const char *name, F key) {
    const Table result = sorted(table, key);
    uint64_t sum = 0;
    each_column([&](auto column, auto) { sum = 31 * sum + fingerprint(result.*column); });
    report.line("by %s: %zu rows, %016lx", name, result.rows(), static_cast<unsigned long>(sum));
    for (size_t i = 0; i < 3; i++) {
        report.line("%s %d %s %s-%s %.0f %.0f %ld", table.carriers[result.carrier[i]].c_str(), result.flight[i],
                    table.tailnums[result.tailnum[i]].c_str(), table.origins[result.origin[i]].c_str(), table.dests[result.dest[i]].c_str(),
                    result.arr_delay[i], result.distance[i], static_cast<long>(result.time_hour[i]));
    }
}

} // namespace

void run_sorts(const Table &table, Report &report) {
    sort_and_show(table, report, "carrier, flight, time", [&](size_t row, uint64_t *key) {
        key[0] = static_cast<uint64_t>(table.carrier[row]) << 32 | ordered(table.flight[row]);
        key[1] = static_cast<uint64_t>(table.time_hour[row]);
    });
    sort_and_show(table, report, "destination, greatest delay", [&](size_t row, uint64_t *key) {
        key[0] = table.dest[row];
        key[1] = ~ordered(table.arr_delay[row]);
    });
    sort_and_show(table, report, "aircraft, time", [&](size_t row, uint64_t *key) {
        key[0] = table.tailnum[row];
        key[1] = static_cast<uint64_t>(table.time_hour[row]) << 16 | static_cast<uint64_t>(table.minute[row]);
    });
    sort_and_show(table, report, "greatest distance, delay", [&](size_t row, uint64_t *key) {
        key[0] = ~ordered(table.distance[row]);
        key[1] = ordered(table.dep_delay[row]);
    });
}
