// The queries, each as the operators that an engine would make of the statement beside it.
#ifndef COLUMNS_QUERIES_H
#define COLUMNS_QUERIES_H

#include "operators.h"
#include "programs.h"

#include <algorithm>

constexpr size_t block_rows = 65536;

// aggregates.cpp
void late_by_carrier(const Table &table, Report &report);
void aircraft_days(const Table &table, Report &report);
void against_the_mean(const Table &table, Report &report);
void aircraft_per_route(const Table &table, Report &report);

// joins.cpp
void day_after(const Table &table, Report &report);
void rebookings(const Table &table, Report &report);

// orders.cpp
void most_delayed(const Table &table, Report &report);
void speeds(const Table &table, Report &report);
void ferried(const Table &table, Report &report);

// Keys: several columns packed into one number that is not 0.
inline uint64_t pack(uint64_t a, uint64_t b, uint64_t c = 0, uint64_t d = 0) { return 1 + (((a << 16 | b) << 16 | c) << 12 | d); }

// Days of the year of all rows.
inline Buffer<uint32_t> days(const Table &table) {
    return compute(table.rows(), [&](size_t row) { return day_of_year(table.month[row], table.day[row]); });
}

// Places of the greatest values, the first of equal ones first.
template <typename T>
Rows top(const Buffer<T> &column, size_t count) {
    auto places = compute(column.size(), [](size_t i) { return static_cast<uint32_t>(i); });
    count = std::min(count, places.size());
    std::partial_sort(places.begin(), places.begin() + count, places.end(), [&](uint32_t a, uint32_t b) {
        return column[a] != column[b] ? column[a] > column[b] : a < b;
    });
    places.keep(count);
    return places;
}

inline const char *text(const Dictionary &dictionary, uint64_t code) { return dictionary[code].c_str(); }

#endif
