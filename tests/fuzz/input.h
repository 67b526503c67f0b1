/* Bytes as input for calls, and what ends the run when an answer is wrong. */
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <allockit.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *at, *end;
} fuzz_input;

static inline void fuzz_must(int condition, const char *what, const char *file, int line)
{
    if (condition)
        return;
    fprintf(stderr, "%s:%d: %s\n", file, line, what);
    abort();
}
#define FUZZ_MUST(condition) fuzz_must(!!(condition), #condition, __FILE__, __LINE__)

static inline unsigned fuzz_byte(fuzz_input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

#endif
