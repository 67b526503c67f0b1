// Runs a loop under Google Benchmark, which picks the number of iterations.
#pragma once

#include <benchmark/benchmark.h>

#include <vector>

struct Timing {
    double real_ns; // per iteration
    double cpu_ns;
};

template <class Body>
Timing time_loop(double seconds, Body body) {
    struct Capture : benchmark::BenchmarkReporter {
        Timing timing{};
        bool ReportContext(const Context&) override { return true; }
        void ReportRuns(const std::vector<Run>& runs) override {
            const auto count = static_cast<double>(runs[0].iterations);
            timing = {runs[0].real_accumulated_time * 1e9 / count, runs[0].cpu_accumulated_time * 1e9 / count};
        }
    } capture;
    benchmark::RegisterBenchmark("row", body)->UseRealTime()->MinTime(seconds);
    benchmark::RunSpecifiedBenchmarks(&capture);
    benchmark::ClearRegisteredBenchmarks();
    return capture.timing;
}
