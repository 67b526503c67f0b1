// Filters, projections and GROUP BY: pipelines in blocks that end in a hash table.
#include "queries.h"

namespace {

struct Sums {
    double sum, most;
    uint64_t count;
};

} // namespace

// SELECT carrier, count(*), avg(arr_delay), max(arr_delay / distance) WHERE dep_delay > 15 OR arr_delay > 15 GROUP BY carrier
void late_by_carrier(const Table &table, Report &report) {
    auto states = Buffer<Sums>::zeroed(table.carriers.size());
    each_block(table.rows(), block_rows, [&](Block block) {
        const Rows late = select(block, [&](size_t row) { return (table.dep_delay[row] > 15) | (table.arr_delay[row] > 15); });
        const auto carrier = gather(table.carrier, late);
        const auto delay = gather(table.arr_delay, late), distance = gather(table.distance, late);
        const auto per_mile = compute(late.size(), [&](size_t i) { return delay[i] / distance[i]; });
        for (size_t i = 0; i < late.size(); i++) {
            if (delay[i] != delay[i]) continue;
            Sums &state = states[carrier[i]];
            state.count++;
            state.sum += delay[i];
            state.most = std::max(state.most, per_mile[i]);
        }
    });
    for (size_t code = 1; code < states.size(); code++) {
        const Sums &state = states[code];
        report.line("late %s %lu %.3f %.4f", text(table.carriers, code), static_cast<unsigned long>(state.count),
                    state.sum / static_cast<double>(state.count), state.most);
    }
}

// SELECT tailnum, day, sum(distance), count(*) GROUP BY tailnum, day ORDER BY 3 DESC LIMIT 10
void aircraft_days(const Table &table, Report &report) {
    Groups<Sums> groups;
    each_block(table.rows(), block_rows, [&](Block block) {
        const Rows known = select(block, [&](size_t row) { return table.tailnum[row] != unknown; });
        const auto tailnum = gather(table.tailnum, known);
        const auto month = gather(table.month, known), day = gather(table.day, known);
        const auto distance = gather(table.distance, known);
        const auto keys = compute(known.size(), [&](size_t i) { return pack(tailnum[i], day_of_year(month[i], day[i])); });
        for (size_t i = 0; i < keys.size(); i++) {
            Sums &state = groups.at(keys[i]);
            state.count++;
            state.sum += distance[i];
            state.most = std::max(state.most, distance[i]);
        }
    });
    Buffer<uint64_t> keys(groups.size()), counts(groups.size());
    Buffer<double> miles(groups.size());
    groups.each([&](uint64_t key, const Sums &state) {
        keys.push(key);
        counts.push(state.count);
        miles.push(state.sum);
    });
    report.line("aircraft days %zu", keys.size());
    for (uint32_t i : top(miles, 10)) {
        const uint64_t key = (keys[i] - 1) >> 28;
        report.line("%s day %lu: %.0f miles in %lu flights", text(table.tailnums, key >> 16), static_cast<unsigned long>(key & 0xffff),
                    miles[i], static_cast<unsigned long>(counts[i]));
    }
}

// SELECT hour, count(*) FROM flights f JOIN (SELECT origin, day, avg(dep_delay) AS mean GROUP BY origin, day) d USING (origin, day)
// WHERE f.dep_delay > d.mean GROUP BY hour
void against_the_mean(const Table &table, Report &report) {
    const auto day = days(table);
    const auto keys = compute(table.rows(), [&](size_t row) { return pack(table.origin[row], day[row]); });
    Groups<Sums> daily;
    each_block(table.rows(), block_rows, [&](Block block) {
        const Rows flown = select(block, [&](size_t row) { return table.dep_delay[row] == table.dep_delay[row]; });
        const auto delay = gather(table.dep_delay, flown);
        const auto key = gather(keys, flown);
        for (size_t i = 0; i < flown.size(); i++) {
            Sums &state = daily.at(key[i]);
            state.count++;
            state.sum += delay[i];
        }
    });
    auto hours = Buffer<uint64_t>::zeroed(24);
    each_block(table.rows(), block_rows, [&](Block block) {
        const auto mean = compute(block.count, [&](size_t i) {
            const Sums &state = daily.get(keys[block.first + i]);
            return state.sum / static_cast<double>(state.count);
        });
        const Rows above = select(block, [&](size_t row) { return table.dep_delay[row] > mean[row - block.first]; });
        for (int32_t hour : gather(table.hour, above)) hours[static_cast<size_t>(hour)]++;
    });
    for (size_t hour = 0; hour < 24; hour++) report.line("above the mean at %zu: %lu", hour, static_cast<unsigned long>(hours[hour]));
}

// SELECT origin, dest, count(DISTINCT tailnum), count(*) GROUP BY origin, dest ORDER BY 3 DESC LIMIT 10
void aircraft_per_route(const Table &table, Report &report) {
    Groups<Sums> pairs, routes;
    each_block(table.rows(), block_rows, [&](Block block) {
        const auto keys = compute(block.count, [&](size_t i) {
            const size_t row = block.first + i;
            return pack(table.origin[row], table.dest[row], table.tailnum[row]);
        });
        for (uint64_t key : keys) pairs.at(key).count++;
    });
    pairs.each([&](uint64_t key, const Sums &state) {
        Sums &route = routes.at(1 + ((key - 1) >> 28));
        route.count++;
        route.sum += static_cast<double>(state.count);
    });
    Buffer<uint64_t> keys(routes.size()), aircraft(routes.size());
    Buffer<double> flights(routes.size());
    routes.each([&](uint64_t key, const Sums &state) {
        keys.push(key - 1);
        aircraft.push(state.count);
        flights.push(state.sum);
    });
    report.line("routes %zu, with aircraft %zu", routes.size(), pairs.size());
    for (uint32_t i : top(aircraft, 10)) {
        report.line("%s-%s %lu aircraft, %.0f flights", text(table.origins, keys[i] >> 16), text(table.dests, keys[i] & 0xffff),
                    static_cast<unsigned long>(aircraft[i]), flights[i]);
    }
}
