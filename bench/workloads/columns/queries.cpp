#include "queries.h"

void run_queries(const Table &table, Report &report) {
    for (auto *query : {late_by_carrier, aircraft_days, day_after, most_delayed, against_the_mean, rebookings, speeds, aircraft_per_route, ferried}) {
        query(table, report);
    }
}
