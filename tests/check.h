/*
 * A test program is one file: cases, and this header, which brings main().
 *
 *     #include "check.h"
 *     CASE(two_and_two_is_four) { CHECK_INT(2 + 2, 4); }
 *
 * Each case prints one line, `ok NAME`, `FAIL NAME: file:line: ...` or `skip NAME: reason`; the last line is the sum.
 * Exit code 0, 1 when something failed, 77 when everything was skipped. Arguments are names of cases to run.
 *
 * FRESH(name) is a case that runs in a process of its own (for what happens once per process). PART(name) is code that
 * a case runs in a process of its own through run_part(), to look at how that process ended and at what it wrote.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Called before each case; a suite may define it before including this header. */
#ifndef CHECK_SETUP
#define CHECK_SETUP() ((void)0)
#endif

/* Figures of time and of resident memory mean nothing under a sanitizer. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CHECK_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CHECK_SANITIZED 1
#endif
#endif
#if !defined(CHECK_SANITIZED)
#define CHECK_SANITIZED 0
#endif

enum { CHECK_KIND_CASE, CHECK_KIND_FRESH, CHECK_KIND_PART };
enum { CHECK_OK = 0, CHECK_FAILED = 1, CHECK_SKIPPED = 77, CHECK_MOST = 400 };

typedef struct {
    const char *name;
    void (*run)(void);
    int kind;
} check_entry;

static check_entry check_entries[CHECK_MOST];
static int check_count;
static jmp_buf check_exit;
static char check_message[512];

static inline void check_register(const char *name, void (*run)(void), int kind)
{
    if (check_count == CHECK_MOST)
        abort();
    check_entries[check_count].name = name;
    check_entries[check_count].run = run;
    check_entries[check_count++].kind = kind;
}

#define CHECK_ENTRY(name, kind)                                                \
    static void check_case_##name(void);                                       \
    __attribute__((constructor)) static void check_register_##name(void)       \
    {                                                                          \
        check_register(#name, check_case_##name, kind);                        \
    }                                                                          \
    static void check_case_##name(void)
#define CASE(name) CHECK_ENTRY(name, CHECK_KIND_CASE)
#define FRESH(name) CHECK_ENTRY(name, CHECK_KIND_FRESH)
#define PART(name) CHECK_ENTRY(name, CHECK_KIND_PART)

__attribute__((noreturn, format(printf, 2, 3))) static inline void check_leave(int how, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(check_message, sizeof check_message, format, args);
    va_end(args);
    longjmp(check_exit, how);
}

#define CHECK_FAIL(...) check_leave(CHECK_FAILED, __VA_ARGS__)
#define SKIP(...) check_leave(CHECK_SKIPPED, __VA_ARGS__)

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            CHECK_FAIL("%s:%d: %s", __FILE__, __LINE__, #condition);           \
    } while (0)

#define CHECK_COMPARE(a, op, b)                                                \
    do {                                                                       \
        long long check_a = (long long)(a), check_b = (long long)(b);          \
        if (!(check_a op check_b))                                             \
            CHECK_FAIL("%s:%d: %s %s %s: %lld and %lld", __FILE__, __LINE__, #a, #op, #b, check_a, check_b); \
    } while (0)
#define CHECK_INT(a, b) CHECK_COMPARE(a, ==, b)
#define CHECK_AT_LEAST(a, b) CHECK_COMPARE(a, >=, b)
#define CHECK_AT_MOST(a, b) CHECK_COMPARE(a, <=, b)

/* The call answers a null pointer and sets errno to `error`. */
#define CHECK_REFUSED(call, error)                                             \
    do {                                                                       \
        errno = 0;                                                             \
        const void *check_p = (call);                                          \
        int check_errno = errno;                                               \
        if (check_p || check_errno != (error))                                 \
            CHECK_FAIL("%s:%d: %s: wanted NULL and %s, got %p and %s", __FILE__, __LINE__, #call, #error, check_p, \
                       strerror(check_errno));                                 \
    } while (0)

/* A pointer the compiler knows nothing about: it may not conclude that two fresh blocks differ, or that a block is gone. */
static inline void *hidden(const void *p)
{
    __asm__ volatile("" : "+r"(p));
    return (void *)(uintptr_t)p;
}

static inline int check_one(const check_entry *e)
{
    int how = setjmp(check_exit);
    if (how == 0) {
        CHECK_SETUP();
        e->run();
    }
    if (e->kind == CHECK_KIND_PART) {
        if (how != CHECK_OK)
            printf("# %s: %s\n", e->name, check_message);
    } else if (how == CHECK_OK) {
        printf("ok %s\n", e->name);
    } else {
        printf("%s %s: %s\n", how == CHECK_FAILED ? "FAIL" : "skip", e->name, check_message);
    }
    fflush(stdout);
    return how;
}

/* Starts this program again for one entry. With `err`, what it writes to fd 2 is kept there. Answers the wait status. */
static inline int run_part_in(const char *name, const char *const *env, char *err, size_t size)
{
    int ends[2] = {-1, -1};
    fflush(stdout);
    if (err && pipe(ends) != 0)
        CHECK_FAIL("pipe: %s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        for (; env && *env; env++)
            putenv((char *)(uintptr_t)*env);
        if (err) {
            dup2(ends[1], 2);
            close(ends[0]);
        }
        execl("/proc/self/exe", "test", "--inside", name, (char *)NULL);
        _exit(126);
    }
    if (err) {
        size_t used = 0;
        ssize_t n;
        close(ends[1]);
        while (used + 1 < size && (n = read(ends[0], err + used, size - 1 - used)) > 0)
            used += (size_t)n;
        err[used] = 0;
        close(ends[0]);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static inline int run_part(const char *name)
{
    return run_part_in(name, NULL, NULL, 0);
}

static inline int check_fresh(const check_entry *e)
{
    int status = run_part(e->name);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == CHECK_OK || code == CHECK_SKIPPED || code == CHECK_FAILED)
        return code;
    printf("FAIL %s: the process ended with %s %d\n", e->name, code < 0 ? "signal" : "code",
           code < 0 ? WTERMSIG(status) : code);
    fflush(stdout);
    return CHECK_FAILED;
}

static inline int check_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], name))
            return 1;
    return argc == 1;
}

int main(int argc, char **argv)
{
    int passed = 0, failed = 0, skipped = 0;
    if (argc == 3 && !strcmp(argv[1], "--inside")) {
        for (int i = 0; i < check_count; i++)
            if (!strcmp(check_entries[i].name, argv[2]))
                return check_one(&check_entries[i]);
        return 126;
    }
    for (int i = 0; i < check_count; i++) {
        const check_entry *e = &check_entries[i];
        if (e->kind == CHECK_KIND_PART || !check_wanted(e->name, argc, argv))
            continue;
        int how = e->kind == CHECK_KIND_FRESH ? check_fresh(e) : check_one(e);
        passed += how == CHECK_OK;
        failed += how == CHECK_FAILED;
        skipped += how == CHECK_SKIPPED;
    }
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed ? CHECK_FAILED : passed || !skipped ? CHECK_OK : CHECK_SKIPPED;
}

#endif
