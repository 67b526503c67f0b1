// Single times, and the quantiles of them as figures.
#pragma once

#include <algorithm>
#include <cstdio>
#include <initializer_list>

#include "measure.h"
#include "row.h"

struct Quantile {
    const char* name;
    unsigned permille; // 1000 is the maximum
};

class Samples {
public:
    explicit Samples(std::size_t most) : value_(own_array<std::uint64_t>(most)) {}

    void add(std::uint64_t ns) { value_[count_++] = ns; }

    std::uint64_t quantile(unsigned permille) {
        std::sort(value_, value_ + count_);
        return value_[std::min(count_ * permille / 1000, count_ - 1)];
    }

    // Rows are called JOB-NAME; times are divided by `unit` ns.
    void report_all(const char* job, std::initializer_list<Quantile> wanted, double unit, const Memory* grown) {
        for (const Quantile& q : wanted) {
            char id[64];
            std::snprintf(id, sizeof id, "%s-%s", job, q.name);
            report({id, static_cast<double>(quantile(q.permille)) / unit, -1, -1, grown});
        }
    }

private:
    std::uint64_t* value_;
    std::size_t count_ = 0;
};
