/* Runs the conformance cases through the C ABI: main.c reads the file, ops*.c perform, state.c remembers. */
#include "state.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int error_of(const char *name)
{
    static const struct {
        const char *name;
        int value;
    } known[] = {{"ENOMEM", ENOMEM}, {"EINVAL", EINVAL},   {"ENOENT", ENOENT}, {"ESHUTDOWN", ESHUTDOWN}, {"EBUSY", EBUSY},
                 {"EPERM", EPERM},   {"E2BIG", E2BIG},     {"ENOSPC", ENOSPC}, {"ENOBUFS", ENOBUFS},     {"EMSGSIZE", EMSGSIZE},
                 {"ENOSYS", ENOSYS}, {"EOVERFLOW", EOVERFLOW}, {"EEXIST", EEXIST}, {"EBADF", EBADF},
                 {"EOPNOTSUPP", EOPNOTSUPP}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (!strcmp(known[i].name, name))
            return known[i].value;
    return 0;
}

/* Whether the answer is one of the errors in a list like "EINVAL|ENOENT". */
static int is_one_of(state *s, int rc, const char *names)
{
    char list[64];
    snprintf(list, sizeof list, "%s", names);
    int found = 0;
    for (char *name = strtok(list, "|"); name; name = strtok(NULL, "|")) {
        int error = error_of(name);
        if (!error)
            wrong(s, "no error %s", name);
        found |= rc == -error;
    }
    return found;
}

typedef struct {
    state *s;
    int count;
    char **words;
    int rc;
} job;

static void *perform_job(void *arg)
{
    job *j = (job *)arg;
    j->rc = perform(j->s, j->count, j->words);
    return NULL;
}

static int perform_elsewhere(state *s, int count, char **words)
{
    job j = {s, count, words, 0};
    pthread_t thread;
    if (pthread_create(&thread, NULL, perform_job, &j) != 0) {
        wrong(s, "no thread");
        return 0;
    }
    pthread_join(thread, NULL);
    return j.rc;
}

static int perform_here_or_elsewhere(state *s, int count, char **words)
{
    return !strcmp(words[0], "other") && count > 1 ? perform_elsewhere(s, count - 1, words + 1) : perform(s, count, words);
}

/* A case goes on only where this holds. */
static void run_given(state *s, int count, char **words)
{
    int rc = perform_here_or_elsewhere(s, count, words);
    if (rc < 0)
        wrong(s, "%s: %s", words[0], strerror(-rc));
    s->skipped = s->why[0] != 0;
}

static void run_line(state *s, char *line)
{
    char *words[MAX_WORDS];
    int count = 0;
    for (char *w = strtok(line, " \t\r\n"); w && count < MAX_WORDS; w = strtok(NULL, " \t\r\n"))
        words[count++] = w;
    const char *wanted = NULL;
    if (count > 2 && !strcmp(words[count - 2], "!")) {
        wanted = words[count - 1];
        count -= 2;
    }
    if (!strcmp(words[0], "given") && count > 1) {
        run_given(s, count - 1, words + 1);
        return;
    }
    int rc = perform_here_or_elsewhere(s, count, words);
    if (wanted ? !is_one_of(s, rc, wanted) : rc < 0)
        wrong(s, "%s: wanted %s, got %s", words[0], wanted ? wanted : "success", rc < 0 ? strerror(-rc) : "success");
}

static int chosen(const char *name, int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        if (!strcmp(argv[i], name))
            return 1;
    return argc == 2;
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "usage: %s cases.txt [NAME...]\n", argv[0]);
        return 2;
    }
    static state s;
    char line[512], name[128] = "";
    int number = 0, passed = 0, failed = 0, skipped = 0, run = 0;
    while (fgets(line, sizeof line, file)) {
        number++;
        char word[128] = "";
        if (sscanf(line, "%127s", word) != 1 || word[0] == '#')
            continue;
        if (!strcmp(word, "case")) {
            sscanf(line, "%*s %127s", name);
            run = chosen(name, argc, argv);
            akit_misuse_mode(AKIT_MISUSE_COUNT);
        } else if (!strcmp(word, "end")) {
            int *count = s.skipped ? &skipped : s.why[0] ? &failed : &passed;
            if (run && s.why[0])
                printf("%s %s: %s\n", s.skipped ? "skip" : "FAIL", name, s.why);
            else if (run)
                printf("ok %s\n", name);
            *count += run;
            forget_all(&s);
        } else if (run && !s.why[0]) {
            s.line = number;
            run_line(&s, line);
        }
    }
    fclose(file);
    printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
    return failed != 0;
}
