/* What the three programs share: a file with known bytes, and how they end. */
#ifndef CONSUMER_IO_CHECK_H
#define CONSUMER_IO_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTES 65536u

static inline void must(int right, const char *what)
{
    if (!right) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

static inline void may_be_forbidden(int rc)
{
    if (rc < 0) {
        printf("skipped: io_uring is not allowed here\n");
        exit(2);
    }
}

static inline unsigned char known_byte(size_t at)
{
    return (unsigned char)(at * 2654435761u >> 13);
}

static inline int known_file(void)
{
    static unsigned char b[BYTES];
    FILE *file = tmpfile();
    for (size_t i = 0; i < BYTES; i++)
        b[i] = known_byte(i);
    must(file != NULL && pwrite(fileno(file), b, BYTES, 0) == (ssize_t)BYTES, "a temporary file");
    return fileno(file);
}

static inline void must_be_known(const void *p)
{
    for (size_t i = 0; i < BYTES; i++)
        must(((const unsigned char *)p)[i] == known_byte(i), "the bytes of the file");
}

static inline int verified(int fixed)
{
    printf("%u bytes verified, %s\n", BYTES, fixed ? "fixed" : "plain: locked memory is short");
    return 0;
}

#endif
