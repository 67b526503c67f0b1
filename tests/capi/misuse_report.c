/* Misuse: the handler, the line on file descriptor 2, the modes. */
#include "kit.h"

#include <signal.h>

static char mine[64] __attribute__((aligned(16)));

static struct {
    int calls, error;
    uint64_t handle_id;
    const void *p;
    void *user;
} seen;

static void remember(void *user, int error, uint64_t handle_id, const void *p)
{
    seen.calls++;
    seen.user = user;
    seen.error = error;
    seen.handle_id = handle_id;
    seen.p = p;
}

static void listen_for_misuse(void)
{
    memset(&seen, 0, sizeof seen);
    CHECK_INT(akit_misuse_handler(remember, &seen), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_REPORT), 0);
}

static void stop_listening(void)
{
    CHECK_INT(akit_misuse_handler(NULL, NULL), 0);
    CHECK_INT(akit_misuse_mode(AKIT_MISUSE_COUNT), 0);
}

CASE(handler_hears_of_a_foreign_pointer_as_enoent)
{
    akit_tiered *h = new_heap();
    listen_for_misuse();
    akit_tiered_free(h, hidden(mine));
    stop_listening();
    CHECK_INT(seen.calls, 1);
    CHECK_INT(seen.error, ENOENT);
    CHECK_INT(seen.handle_id, stats_of(h).id);
    CHECK(seen.p == mine && seen.user == &seen);
    akit_tiered_destroy(h, 0);
}

CASE(handler_hears_of_a_double_free_as_einval)
{
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    listen_for_misuse();
    akit_tiered_free(h, p);
    stop_listening();
    CHECK_INT(seen.calls, 1);
    CHECK_INT(seen.error, EINVAL);
    CHECK(seen.p == p);
    akit_tiered_destroy(h, 0);
}

CASE(handler_hears_of_another_handles_block_as_enoent)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    void *p = block(h, 100);
    listen_for_misuse();
    akit_tiered_free(g, p);
    stop_listening();
    CHECK_INT(seen.calls, 1);
    CHECK_INT(seen.error, ENOENT);
    CHECK_INT(seen.handle_id, stats_of(g).id);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
}

CASE(handler_hears_of_a_stale_handle_as_einval)
{
    akit_tiered *h = new_heap();
    akit_tiered_destroy(h, 0);
    listen_for_misuse();
    CHECK_REFUSED(akit_tiered_alloc(h, 10), EINVAL);
    stop_listening();
    CHECK_INT(seen.calls, 1);
    CHECK_INT(seen.error, EINVAL);
}

CASE(handler_is_not_called_in_count_mode)
{
    akit_tiered *h = new_heap();
    listen_for_misuse();
    akit_misuse_mode(AKIT_MISUSE_COUNT);
    akit_tiered_free(h, hidden(mine));
    stop_listening();
    CHECK_INT(seen.calls, 0);
    CHECK_INT(misuses_of(h), 1);
    akit_tiered_destroy(h, 0);
}

CASE(handler_is_not_called_by_questions)
{
    akit_tiered *h = new_heap();
    akit_block_info info = AKIT_BLOCK_INFO_INIT;
    listen_for_misuse();
    CHECK_INT(akit_tiered_usable_size(h, mine), 0);
    CHECK_INT(akit_usable_size(mine), 0);
    CHECK_INT(akit_tiered_owns(h, mine), 0);
    CHECK_INT(akit_inspect(mine, &info), -ENOENT);
    stop_listening();
    CHECK_INT(seen.calls, 0);
    akit_tiered_destroy(h, 0);
}

PART(misuse_by_default)
{
    akit_misuse_mode(AKIT_MISUSE_REPORT);
    akit_tiered *h = new_heap();
    void *p = block(h, 100);
    akit_tiered_free(h, p);
    akit_tiered_free(h, p);
}

CASE(default_report_is_one_line_on_fd_2)
{
    char text[1024];
    int status = run_part_in("misuse_by_default", NULL, text, sizeof text);
    CHECK_INT(status, 0);
    char *end = strchr(text, '\n');
    CHECK(end && end[1] == 0 && strstr(text, "allockit"));
}

PART(misuse_counted_only)
{
    akit_tiered *h = new_heap();
    akit_tiered_free(h, hidden(mine));
    CHECK_INT(misuses_of(h), 1);
}

CASE(count_mode_writes_nothing)
{
    char text[1024];
    CHECK_INT(run_part_in("misuse_counted_only", NULL, text, sizeof text), 0);
    CHECK_INT(strlen(text), 0);
}

PART(misuse_aborts)
{
    akit_misuse_mode(AKIT_MISUSE_ABORT);
    akit_tiered *h = new_heap();
    akit_tiered_free(h, hidden(mine));
}

CASE(abort_mode_reports_and_aborts)
{
    char text[1024];
    int status = run_part_in("misuse_aborts", NULL, text, sizeof text);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK(strchr(text, '\n') != NULL);
}

PART(abort_mode_with_handler)
{
    akit_misuse_mode(AKIT_MISUSE_ABORT);
    akit_misuse_handler(remember, NULL);
    akit_tiered_free(new_heap(), hidden(mine));
}

CASE(abort_mode_with_handler_writes_nothing_itself)
{
    char text[1024];
    int status = run_part_in("abort_mode_with_handler", NULL, text, sizeof text);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CHECK_INT(strlen(text), 0);
}

CASE(process_counts_misuses_of_all_handles)
{
    akit_tiered *h = new_heap(), *g = new_heap();
    uint64_t before = process_stats().misuses_total;
    akit_tiered_free(h, hidden(mine));
    akit_tiered_free(g, hidden(mine));
    akit_free(hidden(mine));
    CHECK_INT(process_stats().misuses_total, before + 3);
    akit_tiered_destroy(h, 0);
    akit_tiered_destroy(g, 0);
    CHECK_INT(process_stats().misuses_total, before + 3);
}
