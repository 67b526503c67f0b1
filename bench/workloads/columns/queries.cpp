#include "queries.h"

void run_queries(const Table &table, Report &report) {
    late_by_carrier(table, report);
    aircraft_days(table, report);
    day_after(table, report);
    most_delayed(table, report);
    against_the_mean(table, report);
    rebookings(table, report);
    speeds(table, report);
    aircraft_per_route(table, report);
    ferried(table, report);
}
