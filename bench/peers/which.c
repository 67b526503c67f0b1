/* Says which allocator a process really got: the object that malloc comes from, its version where it
 * tells one, and the usable size of a 100-byte block (104 with glibc, another number with every peer). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int mallctl_fn(const char *, void *, size_t *, void *, size_t);
typedef const char *tc_version_fn(int *, int *, const char **);
typedef int mi_version_fn(void);

static void print_version(void) {
  void *f;
  if ((f = dlsym(RTLD_DEFAULT, "mi_version")) != NULL) {
    int v = ((mi_version_fn *)f)();
    /* 2.0.9 says 209; later releases say 20302 for 2.3.2. */
    if (v < 10000) printf("%d.%d.%d", v / 100, v / 10 % 10, v % 10);
    else printf("%d.%d.%d", v / 10000, v / 100 % 100, v % 100);
  } else if ((f = dlsym(RTLD_DEFAULT, "tc_version")) != NULL) {
    int major, minor;
    const char *patch;
    ((tc_version_fn *)f)(&major, &minor, &patch);
    printf("%d.%d", major, minor);
  } else if ((f = dlsym(RTLD_DEFAULT, "mallctl")) != NULL) {
    const char *text = "";
    size_t size = sizeof text;
    ((mallctl_fn *)f)("version", &text, &size, NULL, 0);
    printf("%.*s", (int)strcspn(text, "-"), text);
  } else {
    printf("-");
  }
}

int main(void) {
  void *p = malloc(100);
  Dl_info info;
  if (p == NULL || dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info) == 0) abort();
  printf("%s %zu ", info.dli_fname, malloc_usable_size(p));
  print_version();
  printf(" %s\n", gnu_get_libc_version());
  free(p);
  return 0;
}
