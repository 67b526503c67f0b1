// Hash joins of the table with itself. The matches are two columns of row numbers that grow, because nobody knows how many there will be.
#include "queries.h"

namespace {

struct Matches {
    Rows left, right;

    void push(size_t a, size_t b) {
        left.push(static_cast<uint32_t>(a));
        right.push(static_cast<uint32_t>(b));
    }
};

} // namespace

// SELECT a.carrier, count(*), avg(b.arr_delay - a.arr_delay) FROM flights a JOIN flights b USING (carrier, flight, origin)
// WHERE b.day = a.day + 1 GROUP BY a.carrier
void day_after(const Table &table, Report &report) {
    const auto day = days(table);
    const auto key = [&](size_t row, uint32_t of_day) {
        return pack(table.carrier[row], static_cast<uint64_t>(table.flight[row]), table.origin[row], of_day);
    };
    const auto build_keys = compute(table.rows(), [&](size_t row) { return key(row, day[row]); });
    const JoinTable next_day(build_keys);
    Matches matches;
    each_block(table.rows(), block_rows, [&](Block block) {
        const auto keys = compute(block.count, [&](size_t i) { return key(block.first + i, day[block.first + i] + 1); });
        for (size_t i = 0; i < keys.size(); i++) {
            next_day.each(keys[i], [&](size_t row) { matches.push(block.first + i, row); });
        }
    });
    const auto carrier = gather(table.carrier, matches.left);
    const auto before = gather(table.arr_delay, matches.left), after = gather(table.arr_delay, matches.right);
    const auto change = compute(matches.left.size(), [&](size_t i) { return after[i] - before[i]; });
    auto sums = Buffer<double>::zeroed(table.carriers.size());
    auto counts = Buffer<uint64_t>::zeroed(table.carriers.size());
    for (size_t i = 0; i < change.size(); i++) {
        if (change[i] != change[i]) continue;
        sums[carrier[i]] += change[i];
        counts[carrier[i]]++;
    }
    report.line("day after: %zu matches", matches.left.size());
    for (size_t code = 1; code < sums.size(); code++) {
        report.line("%s %lu %.4f", text(table.carriers, code), static_cast<unsigned long>(counts[code]), sums[code] / static_cast<double>(counts[code]));
    }
}

// SELECT a.origin, count(*), avg(wait) FROM flights a JOIN flights b USING (origin, dest, day)
// WHERE (a.dep_delay > 30 OR a.dep_time IS NULL) AND b.sched_dep_time > a.sched_dep_time AND b.dep_time IS NOT NULL GROUP BY a.origin
void rebookings(const Table &table, Report &report) {
    const auto day = days(table);
    const auto keys = compute(table.rows(), [&](size_t row) { return pack(table.origin[row], table.dest[row], day[row]); });
    const Rows stranded = select(table.all(), [&](size_t row) { return (table.dep_delay[row] > 30) | (table.dep_time[row] == absent); });
    const JoinTable same_route(keys);
    Matches matches;
    for (uint32_t row : stranded) {
        same_route.each(keys[row], [&](size_t other) { matches.push(row, other); });
    }
    const auto minutes = compute(table.rows(), [&](size_t row) { return table.hour[row] * 60 + table.minute[row]; });
    const auto from = gather(minutes, matches.left), to = gather(minutes, matches.right);
    const auto departed = gather(table.dep_time, matches.right);
    const Rows later = select({0, from.size()}, [&](size_t i) { return (to[i] > from[i]) & (departed[i] != absent); });
    const auto wait = compute(later.size(), [&](size_t i) { return to[later[i]] - from[later[i]]; });
    const auto origin = gather(table.origin, gather(matches.left, later));
    auto sums = Buffer<int64_t>::zeroed(table.origins.size()), counts = Buffer<int64_t>::zeroed(table.origins.size());
    for (size_t i = 0; i < wait.size(); i++) {
        sums[origin[i]] += wait[i];
        counts[origin[i]]++;
    }
    report.line("rebookings: %zu stranded, %zu on the route, %zu later", stranded.size(), from.size(), later.size());
    for (size_t code = 1; code < sums.size(); code++) {
        report.line("%s %ld %.3f", text(table.origins, code), static_cast<long>(counts[code]),
                    static_cast<double>(sums[code]) / static_cast<double>(counts[code]));
    }
}
