/*
 * An in-memory database: loads flights, makes two indexes, runs four queries and many small statements, each prepared anew.
 *
 *   sq MODE ACCOUNTING FLIGHTS_CSV ROWS STATEMENTS
 *
 * MODE malloc: SQLite's own use of malloc; handle: SQLITE_CONFIG_MALLOC on a handle, everything freed, then the handle; drop: the
 * handle is destroyed with the database in it. ACCOUNTING on or off is SQLITE_CONFIG_MEMSTATUS: SQLite's own counting of its memory,
 * which a handle makes unnecessary, because it counts anyway.
 */
#include "../common/program.h"

#include <sqlite3.h>

enum { columns = 19 };

static akit_tiered *heap;

static void *heap_malloc(int size) { return akit_tiered_alloc(heap, (size_t)size); }
static void heap_free(void *p) { akit_tiered_free(heap, p); }
static void *heap_realloc(void *p, int size) { return akit_tiered_realloc(heap, p, (size_t)size); }
static int heap_size(void *p) { return (int)akit_tiered_usable_size(heap, p); }
static int heap_roundup(int size) { return (int)akit_tiered_good_size(heap, (size_t)size); }
static int heap_init(void *unused) { (void)unused; return SQLITE_OK; }
static void heap_shutdown(void *unused) { (void)unused; }

static void use_handle(void) {
    static const sqlite3_mem_methods methods = {heap_malloc, heap_free, heap_realloc, heap_size, heap_roundup, heap_init, heap_shutdown, NULL};
    heap = new_handle(0);
    start_purge_thread();
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK) die("SQLITE_CONFIG_MALLOC");
}

static void check(sqlite3 *db, int rc) {
    if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE) die(sqlite3_errmsg(db));
}

static void execute(sqlite3 *db, const char *sql) { check(db, sqlite3_exec(db, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = NULL;
    check(db, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
    return statement;
}

/* Read line by line through static buffers, so that the file is not part of the memory that is compared.
 * It has no quoted fields; NA is an absent value. */
static void load(sqlite3 *db, const char *path, long rows) {
    static char buffer[1 << 16], line[1024];
    FILE *file = fopen(path, "re");
    if (file == NULL || setvbuf(file, buffer, _IOFBF, sizeof buffer) != 0 || fgets(line, sizeof line, file) == NULL) die(path);
    execute(db, "CREATE TABLE flights(year INT, month INT, day INT, dep_time INT, sched_dep_time INT, dep_delay REAL, arr_time INT,"
                "sched_arr_time INT, arr_delay REAL, carrier TEXT, flight INT, tailnum TEXT, origin TEXT, dest TEXT, air_time REAL,"
                "distance REAL, hour INT, minute INT, time_hour TEXT)");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO flights VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    execute(db, "BEGIN");
    for (; rows > 0 && fgets(line, sizeof line, file) != NULL; rows--) {
        const char *at = line;
        for (int column = 1; column <= columns; column++) {
            size_t length = strcspn(at, ",\n");
            if (length == 2 && memcmp(at, "NA", 2) == 0) check(db, sqlite3_bind_null(insert, column));
            else check(db, sqlite3_bind_text(insert, column, at, (int)length, SQLITE_TRANSIENT));
            at += length + (at[length] != '\0');
        }
        check(db, sqlite3_step(insert));
        check(db, sqlite3_reset(insert));
    }
    execute(db, "COMMIT");
    check(db, sqlite3_finalize(insert));
    fclose(file);
    if (rows != 0) die("the file has too few rows");
}

static void query(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = prepare(db, sql);
    long rows = 0;
    double sum = 0;
    int rc;
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        rows++;
        sum += sqlite3_column_double(statement, sqlite3_column_count(statement) - 1);
    }
    check(db, rc);
    check(db, sqlite3_finalize(statement));
    printf("%ld rows, sum %.3f\n", rows, sum);
}

/* What an application without prepared statements does all day: the text is made, compiled, run and thrown away. */
static void small_statements(sqlite3 *db, long statements, long rows) {
    static const char *const kinds[] = {
        "SELECT carrier, tailnum, distance FROM flights WHERE rowid = %ld AND distance > %ld",
        "SELECT f.carrier, f.dest, f.air_time FROM flights f WHERE f.rowid BETWEEN %ld AND %ld ORDER BY f.dest, f.carrier",
        "SELECT upper(origin) || '-' || dest, max(distance) FROM flights WHERE rowid IN (%ld, %ld) GROUP BY 1",
    };
    long found = 0;
    double sum = 0;
    char sql[200];
    for (long i = 0; i < statements; i++) {
        long first = i * 7919 % rows + 1, second = i % 3 == 0 ? i % 900 : first + 2;
        snprintf(sql, sizeof sql, kinds[i % 3], first, second);
        sqlite3_stmt *statement = prepare(db, sql);
        int rc;
        while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
            found++;
            sum += sqlite3_column_double(statement, sqlite3_column_count(statement) - 1);
        }
        check(db, rc);
        check(db, sqlite3_finalize(statement));
    }
    printf("%ld statements, %ld rows, sum %.0f\n", statements, found, sum);
}

int main(int argc, char **argv) {
    if (argc != 6) die("usage: sq MODE ACCOUNTING FLIGHTS_CSV ROWS STATEMENTS");
    enum mode mode = parse_mode(argv[1]);
    long rows = strtol(argv[4], NULL, 10), statements = strtol(argv[5], NULL, 10);
    if (sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK) die("SQLITE_CONFIG_SINGLETHREAD");
    if (sqlite3_config(SQLITE_CONFIG_MEMSTATUS, strcmp(argv[2], "on") == 0) != SQLITE_OK) die("SQLITE_CONFIG_MEMSTATUS");
    if (mode != MODE_MALLOC) use_handle();

    sqlite3 *db;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) die("sqlite3_open");
    load(db, argv[3], rows);
    execute(db, "CREATE INDEX by_tail ON flights(tailnum)");
    execute(db, "CREATE INDEX by_route ON flights(origin, dest)");
    query(db, "SELECT carrier, count(*), avg(dep_delay) FROM flights GROUP BY carrier");
    query(db, "SELECT origin, dest, count(*) AS n, avg(arr_delay) FROM flights GROUP BY origin, dest ORDER BY n DESC");
    query(db, "SELECT tailnum, group_concat(DISTINCT dest), count(*) FROM flights GROUP BY tailnum");
    query(db, "SELECT a.tailnum, count(*) FROM flights a JOIN flights b ON a.tailnum = b.tailnum AND b.rowid > a.rowid "
              "WHERE a.rowid < 1500 AND b.dest = a.dest GROUP BY a.tailnum");
    small_statements(db, statements, rows);
    if (mode != MODE_DROP && (sqlite3_close(db) != SQLITE_OK || sqlite3_shutdown() != SQLITE_OK)) die("sqlite3_close");
    if (mode != MODE_MALLOC) drop_handle(heap);
    return 0;
}
