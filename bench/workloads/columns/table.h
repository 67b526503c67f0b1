// The table of flights in typed columns, and the parts of it that operators work on.
#ifndef COLUMNS_TABLE_H
#define COLUMNS_TABLE_H

#include "buffers.h"

#include <string>
#include <vector>

constexpr int32_t absent = INT32_MIN; // of an integer; of a double it is NaN

// One row with all columns, for operators that move whole rows.
struct Row {
    int64_t time_hour;
    double dep_delay, arr_delay, air_time, distance;
    int32_t year, month, day, dep_time, sched_dep_time, arr_time, sched_arr_time, flight, hour, minute;
    uint32_t carrier, tailnum, origin, dest;
};

// Strings are numbers here, in the order of the dictionary, which is sorted: comparing numbers compares strings.
using Dictionary = std::vector<std::string>;
constexpr uint32_t unknown = 0; // in every dictionary the empty string, for an absent value

// A range of rows, the unit in which a pipeline runs.
struct Block {
    size_t first, count;
};

struct Table {
    Buffer<int32_t> year, month, day, dep_time, sched_dep_time, arr_time, sched_arr_time, flight, hour, minute;
    Buffer<double> dep_delay, arr_delay, air_time, distance;
    Buffer<uint32_t> carrier, tailnum, origin, dest;
    Buffer<int64_t> time_hour; // seconds since 1970
    Dictionary carriers, tailnums, origins, dests;

    size_t rows() const { return time_hour.size(); }
    Block all() const { return {0, rows()}; }
};

// f(column of Table, field of Row) for every column, in the order of the file.
template <typename F>
void each_column(F f) {
    f(&Table::year, &Row::year);
    f(&Table::month, &Row::month);
    f(&Table::day, &Row::day);
    f(&Table::dep_time, &Row::dep_time);
    f(&Table::sched_dep_time, &Row::sched_dep_time);
    f(&Table::dep_delay, &Row::dep_delay);
    f(&Table::arr_time, &Row::arr_time);
    f(&Table::sched_arr_time, &Row::sched_arr_time);
    f(&Table::arr_delay, &Row::arr_delay);
    f(&Table::carrier, &Row::carrier);
    f(&Table::flight, &Row::flight);
    f(&Table::tailnum, &Row::tailnum);
    f(&Table::origin, &Row::origin);
    f(&Table::dest, &Row::dest);
    f(&Table::air_time, &Row::air_time);
    f(&Table::distance, &Row::distance);
    f(&Table::hour, &Row::hour);
    f(&Table::minute, &Row::minute);
    f(&Table::time_hour, &Row::time_hour);
}

Table load(const char *path);

// f(Block) for every part of the table.
template <typename F>
void each_block(size_t rows, size_t block_rows, F f) {
    for (size_t first = 0; first < rows; first += block_rows) f(Block{first, rows - first < block_rows ? rows - first : block_rows});
}

// Days from the beginning of the year, 1 to 365; the table is of 2013.
inline uint32_t day_of_year(int32_t month, int32_t day) {
    constexpr uint16_t before[] = {0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    return before[month] + static_cast<uint32_t>(day);
}

#endif
