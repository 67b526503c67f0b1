// Runs one job of a table of rows in this process and prints its figures.
//
//   PROGRAM --list           every row: id, job, unit, kind, who, label (tabs)
//   PROGRAM JOB [OPTIONS]    one JSON object per line and figure
//
// Options: --time SECONDS, --purge-thread, --way NAME, --bytes N.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "heap.h"
#include "measure.h"
#include "row.h"
#include "timed.h"

Options options;

namespace {

Memory start;

const Row* find(const char* job) {
    for (std::size_t i = 0; i < row_count; i++)
        if (std::strcmp(rows[i].job, job) == 0) return &rows[i];
    return nullptr;
}

int list() {
    for (std::size_t i = 0; i < row_count; i++) {
        const Row& r = rows[i];
        std::printf("%s\t%s\t%s\t%s\t%s\t%s\n", r.id, r.job, r.unit, r.kind, r.who, r.label);
    }
    return 0;
}

int usage() {
    std::fputs("usage: PROGRAM --list | JOB [--time SECONDS] [--purge-thread] [--way NAME] [--bytes N]\n", stderr);
    return 2;
}

void start_purge_thread() {
#ifdef HEAP_ALLOCKIT
    if (akit_purge_thread(1) < 0) std::abort();
#endif
}

} // namespace

const Memory& memory_at_start() { return start; }

void report(const Figure& f) {
    std::printf("{\"row\": \"%s\", \"value\": %.6g", f.row, f.value);
    if (f.cold >= 0) std::printf(", \"cold\": %.6g", f.cold);
    if (f.cpu >= 0) std::printf(", \"cpu\": %.6g", f.cpu);
    if (f.grown != nullptr)
        std::printf(", \"resident_kib\": %lld, \"mappings\": %lld", static_cast<long long>(f.grown->resident_bytes / 1024),
                    static_cast<long long>(f.grown->mappings));
    std::printf("}\n");
}

void report_skipped(const char* row, const char* reason) {
    std::printf("{\"row\": \"%s\", \"skipped\": \"%s\"}\n", row, reason);
}

int main(int argc, char** argv) {
    if (argc < 2) return usage();
    if (std::strcmp(argv[1], "--list") == 0) return list();
    const Row* row = find(argv[1]);
    if (row == nullptr) return usage();
    for (int i = 2; i < argc; i++) {
        if (std::strcmp(argv[i], "--purge-thread") == 0) options.purge_thread = true;
        else if (std::strcmp(argv[i], "--time") == 0 && i + 1 < argc) options.seconds = std::atof(argv[++i]);
        else if (std::strcmp(argv[i], "--way") == 0 && i + 1 < argc) options.way = argv[++i];
        else if (std::strcmp(argv[i], "--bytes") == 0 && i + 1 < argc) options.bytes = std::strtoull(argv[++i], nullptr, 10);
        else return usage();
    }
    benchmark::Initialize(&argc, argv);
    if (options.purge_thread) start_purge_thread();
    start = memory_now();
    row->run(*row);
    return 0;
}
