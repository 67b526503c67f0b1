// micro-malloc and micro-allockit: run one job in this process and print its figures.
//
//   micro-X --list                                   every row: id, job, unit, kind, who, label (tabs)
//   micro-X JOB [--time SECONDS] [--purge-thread]    one JSON object per line and figure
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
    std::fputs("usage: micro-X --list | JOB [--time SECONDS] [--purge-thread]\n", stderr);
    return 2;
}

void start_purge_thread() {
#ifdef MICRO_ALLOCKIT
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
        else return usage();
    }
    benchmark::Initialize(&argc, argv);
    if (options.purge_thread) start_purge_thread();
    start = memory_now();
    row->run(*row);
    return 0;
}
