/* Children of a case: what they may do, and how they end. */
#ifndef TESTS_CAPI_CHILD_H
#define TESTS_CAPI_CHILD_H

#include "kit.h"

#include <signal.h>

/* Runs `act` in a child and answers the wait status; the child's answer is its exit code. */
static inline int child_status(int (*act)(void *), void *arg)
{
    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        CHECK_FAIL("fork: %s", strerror(errno));
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        alarm(60);
        _exit(act(arg));
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

/* The child must end with 0. It answers with the number of the line where something was wrong, see BAD. */
static inline void in_child(int (*act)(void *), void *arg)
{
    int status = child_status(act, arg);
    if (status != 0)
        CHECK_FAIL("the child ended with %s %d", WIFSIGNALED(status) ? "signal" : "code",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

#define BAD (__LINE__ % 255 + 1)
#define CHILD_CHECK(condition)                                                                                         \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "# in the child: %s:%d: %s\n", __FILE__, __LINE__, #condition);                            \
            return BAD;                                                                                                \
        }                                                                                                              \
    } while (0)

typedef struct {
    volatile unsigned char *at;
    int write;
} access_try;

static inline int try_access(void *arg)
{
    access_try *a = (access_try *)arg;
    if (a->write)
        *a->at = 1;
    else
        (void)*a->at;
    return 0;
}

/* Whether an access to this byte ends a process. Sanitizers end it in their own way, with code 1. */
static inline int access_faults(void *at, int write)
{
    access_try a = {(volatile unsigned char *)at, write};
    int status = child_status(try_access, &a);
    return WIFSIGNALED(status) || WEXITSTATUS(status) == 1;
}

#endif
