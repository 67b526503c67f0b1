// ORDER BY, quantiles and windows: whole columns of keys with row numbers are sorted, the results gathered through them.
#include "queries.h"

// SELECT carrier, flight, time_hour, dest, arr_delay ORDER BY arr_delay DESC, distance DESC: the whole result, of which ten lines are shown
void most_delayed(const Table &table, Report &report) {
    const Rows order = order_by(table.rows(), [&](size_t row) {
        const double delay = table.arr_delay[row] == table.arr_delay[row] ? table.arr_delay[row] : -10000;
        return ~(static_cast<uint64_t>(delay + 20000) << 16 | static_cast<uint64_t>(table.distance[row]));
    });
    const auto carrier = gather(table.carrier, order), dest = gather(table.dest, order);
    const auto flight = gather(table.flight, order);
    const auto time = gather(table.time_hour, order);
    const auto delay = gather(table.arr_delay, order);
    report.line("most delayed: %016lx", static_cast<unsigned long>(fingerprint(carrier) ^ fingerprint(dest) ^ fingerprint(flight) ^
                                                                   fingerprint(time) ^ fingerprint(delay)));
    for (size_t i = 0; i < 10; i++) {
        report.line("%s %d to %s at %ld: %.0f", text(table.carriers, carrier[i]), flight[i], text(table.dests, dest[i]),
                    static_cast<long>(time[i]), delay[i]);
    }
}

// SELECT carrier, quantile(0.1, 0.5, 0.9)(distance / air_time * 60) GROUP BY carrier
void speeds(const Table &table, Report &report) {
    const auto hours = compute(table.rows(), [&](size_t row) { return table.air_time[row] / 60; });
    const auto speed = compute(table.rows(), [&](size_t row) { return table.distance[row] / hours[row]; });
    const Rows flown = select(table.all(), [&](size_t row) { return speed[row] == speed[row]; });
    const auto carrier = gather(table.carrier, flown);
    const auto flown_speed = gather(speed, flown);
    for (uint32_t code = 1; code < table.carriers.size(); code++) {
        Buffer<double> values; // the state of a quantile: all values, in an array that grows
        for (size_t i = 0; i < carrier.size(); i++) {
            if (carrier[i] == code) values.push(flown_speed[i]);
        }
        double found[3];
        for (size_t i = 0; i < 3; i++) {
            double *at = values.begin() + values.size() * (1 + 4 * i) / 10;
            std::nth_element(values.begin(), at, values.end());
            found[i] = *at;
        }
        report.line("%s %zu flights, %.2f %.2f %.2f mph", text(table.carriers, code), values.size(), found[0], found[1], found[2]);
    }
}

// SELECT tailnum, count(*) FROM (SELECT tailnum, origin, lag(origin) OVER w AS before, lag(dest) OVER w AS came_to,
// WINDOW w AS (PARTITION BY tailnum ORDER BY time_hour)) WHERE before = origin GROUP BY tailnum ORDER BY 2 DESC LIMIT 10
void ferried(const Table &table, Report &report) {
    const Rows order = order_by(table.rows(), [&](size_t row) {
        return static_cast<uint64_t>(table.tailnum[row]) << 48 | static_cast<uint64_t>(table.time_hour[row]);
    });
    const auto tailnum = gather(table.tailnum, order), origin = gather(table.origin, order);
    const auto time = gather(table.time_hour, order);
    const auto before = compute(order.size(), [&](size_t i) {
        return i != 0 && tailnum[i - 1] == tailnum[i] ? origin[i - 1] : UINT32_MAX;
    });
    const auto rest = compute(order.size(), [&](size_t i) { return before[i] != UINT32_MAX ? time[i] - time[i - 1] : 0; });
    const Rows same = select({0, order.size()}, [&](size_t i) { return (before[i] == origin[i]) & (tailnum[i] != unknown); });
    Groups<uint64_t> groups;
    int64_t seconds = 0;
    for (uint32_t i : same) {
        groups.at(pack(tailnum[i], 0))++;
        seconds += rest[i];
    }
    Buffer<uint64_t> keys(groups.size()), counts(groups.size());
    groups.each([&](uint64_t key, uint64_t count) {
        keys.push((key - 1) >> 44);
        counts.push(count);
    });
    report.line("from the same airport again: %zu of %zu, %ld s", same.size(), order.size(), static_cast<long>(seconds));
    for (uint32_t i : top(counts, 10)) report.line("%s %lu", text(table.tailnums, keys[i]), static_cast<unsigned long>(counts[i]));
}
