// The two programs: each runs once over the table and writes what it found.
#ifndef COLUMNS_PROGRAMS_H
#define COLUMNS_PROGRAMS_H

#include "table.h"

#include <cstdarg>
#include <cstdio>

// Lines of results. A later run over the same table must write the same.
class Report {
public:
    [[gnu::format(printf, 2, 3)]] void line(const char *format, ...) {
        char text[256];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, sizeof text, format, arguments);
        va_end(arguments);
        text_.append(text).push_back('\n');
    }
    const std::string &text() const { return text_; }

private:
    std::string text_;
};

void run_queries(const Table &table, Report &report); // queries.cpp
void run_sorts(const Table &table, Report &report);   // sorts.cpp

#endif
