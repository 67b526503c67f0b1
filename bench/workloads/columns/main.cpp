// A small column store: loads flights into typed columns and runs queries over them, or sorts the whole table in several orders.
//
//   columns MODE PROGRAM FLIGHTS_CSV SESSIONS TIMES
//
// MODE is where all buffers of the engine come from. malloc: malloc, calloc, realloc and free; mmap: mmap, mremap and munmap; region and
// huge: a handle of allockit. PROGRAM is queries or sorts; every session, a thread of its own, runs it TIMES times over the same table,
// and must find the same every time.
#include "programs.h"

#include "../common/program.h"

#include <thread>

namespace {

using Program = void (*)(const Table &, Report &);

std::string session(const Table &table, Program program, long times) {
    std::string first;
    for (; times > 0; times--) {
        Report report;
        program(table, report);
        if (first.empty()) first = report.text();
        if (report.text() != first) die("a later run found something else");
    }
    return first;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 6) die("usage: columns MODE PROGRAM FLIGHTS_CSV SESSIONS TIMES");
    const bool sorts = strcmp(argv[2], "sorts") == 0;
    if (!sorts && strcmp(argv[2], "queries") != 0) die("PROGRAM is queries or sorts");
    std::vector<std::string> found(strtoul(argv[4], nullptr, 10));
    open_source(argv[1]);
    {
        const Table table = load(argv[3]);
        const auto work = [&](std::string &mine) { mine = session(table, sorts ? run_sorts : run_queries, strtol(argv[5], nullptr, 10)); };
        std::vector<std::thread> others;
        for (size_t i = 1; i < found.size(); i++) others.emplace_back(work, std::ref(found[i]));
        work(found.at(0));
        for (auto &thread : others) thread.join();
    }
    close_source();
    for (const std::string &text : found) fputs(text.c_str(), stdout);
    return 0;
}
