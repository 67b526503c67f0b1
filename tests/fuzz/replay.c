/* Runs every file of a folder, and changed copies of each, through the target: any compiler, no fuzzer. */
#include FUZZ_CALLS

#include <dirent.h>

enum { MOST = 1 << 16, CHANGED = 15 };

static uint64_t state = 88172645463325252u;

static unsigned any(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state * 0x9E3779B97F4A7C15u >> 33) % n);
}

int main(int argc, char **argv)
{
    static uint8_t data[MOST];
    int files = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (struct dirent *e; (e = readdir(folder));) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
        if (!f)
            continue;
        size_t size = fread(data, 1, MOST, f);
        fclose(f);
        printf("# %s: %zu bytes\n", e->d_name, size);
        fflush(stdout);
        fuzz_run(data, size);
        for (int i = 0; size && i < CHANGED; i++) {
            for (unsigned k = 1 + any(8); k > 0; k--)
                data[any((unsigned)size)] = (uint8_t)any(256);
            fuzz_run(data, size);
        }
        files++;
    }
    closedir(folder);
    printf("%d files\n", files);
    return files ? 0 : 1;
}
