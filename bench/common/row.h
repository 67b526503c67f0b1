// One row of the table: its name, what is reported, and the function that measures it. A job is one process;
// most jobs give one row, a few give several figures of the same experiment.
#pragma once

#include <cstddef>

struct Row {
    const char* id;
    const char* job;
    const char* unit;
    const char* kind;  // "time" counts in the mean, "extra" is a time that does not, "memory" is everything else
    const char* who;   // which allocators take part, as the driver of the table understands it
    const char* label;
    void (*run)(const Row&);
    std::size_t a, b, c; // sizes and counts, as the function understands them
};

extern const Row rows[];
extern const std::size_t row_count;

// Set from the command line before a job starts.
struct Options {
    double seconds = 0.1; // measured time of a job whose length is free
    bool purge_thread = false;
    const char* way = "";  // for jobs that can be done in several ways
    std::size_t bytes = 0; // for jobs whose amount of memory is chosen by the driver; 0: the job's own
};
extern Options options;

struct Memory;

// Prints one figure as a line of JSON. `cold` is the same figure for the first pass in this process, `cpu`
// the time of the measuring thread alone; negative means not measured. `grown` is the growth since the start.
struct Figure {
    const char* row;
    double value;
    double cold = -1;
    double cpu = -1;
    const Memory* grown = nullptr;
};
void report(const Figure& figure);
void report_skipped(const char* row, const char* reason);

// Memory of the process before the job ran.
const Memory& memory_at_start();

// Functions that more than one table uses. A touch is one of the enum in heap.h.
void pair(const Row&);      // a = size, b = touch, c = 2: two pairs are the unit
void batch(const Row&);     // a = size, b = blocks, c = touch
void hand_over(const Row&); // a = size, b = 1: the first word is written, and read before the free
void replace(const Row&);     // a = least size, b = largest size, c = live blocks
void replace_two(const Row&); // the same on two threads
void on_threads(const Row&);  // a = size, b = touch, c = most threads
