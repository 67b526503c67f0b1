/* System calls forbidden: the process dies of SIGSYS when it makes one. For children, and for good. */
#ifndef TESTS_CAPI_SECCOMP_H
#define TESTS_CAPI_SECCOMP_H

#include "child.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { SECCOMP_MOST = 40 };

/* `listed` ends with -1. `whom`: SECCOMP_FILTER_FLAG_TSYNC for all threads of the process, 0 for this one. */
static inline int filter_system_calls_of(long whom, const long *listed, uint32_t then, uint32_t otherwise)
{
    struct sock_filter code[SECCOMP_MOST + 3];
    int n = 0;
    while (listed[n] != -1)
        n++;
    if (n > SECCOMP_MOST)
        abort();
    code[0] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
    for (int i = 0; i < n; i++)
        code[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)listed[i], (uint8_t)(n - i), 0);
    code[n + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
    code[n + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, then);
    struct sock_fprog program = {(unsigned short)(n + 3), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
        return -1;
    return (int)syscall(SYS_seccomp, (long)SECCOMP_SET_MODE_FILTER, whom, &program);
}

static inline int filter_system_calls(const long *listed, uint32_t then, uint32_t otherwise)
{
    return filter_system_calls_of(SECCOMP_FILTER_FLAG_TSYNC, listed, then, otherwise);
}

static inline void only_system_calls(const long *listed)
{
    if (filter_system_calls(listed, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS) != 0)
        _exit(125);
}

static inline void only_system_calls_in_this_thread(const long *listed)
{
    if (filter_system_calls_of(0, listed, SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS) != 0)
        _exit(125);
}

static inline void no_system_calls(const long *listed)
{
    if (filter_system_calls(listed, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW) != 0)
        _exit(125);
}

static inline int seccomp_works(void *arg)
{
    (void)arg;
    return filter_system_calls((const long[]){SYS_getppid, -1}, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ALLOW) == 0 &&
           syscall(SYS_getppid) > 0;
}

/* Skips where filters cannot be had, and shows that they bite where they can. */
static inline void needs_seccomp(void)
{
    if (CHECK_SANITIZED)
        SKIP("a sanitizer makes system calls of its own");
    int status = child_status(seccomp_works, NULL);
    if (WIFEXITED(status))
        SKIP("system calls cannot be filtered here");
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

#endif
