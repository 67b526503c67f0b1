/* Counts words in a heap of its own: one capped handle, dropped whole at the end. */
#include <allockit.h>
#include <stdio.h>
#include <string.h>

typedef struct word {
    struct word *next;
    unsigned count;
    char text[];
} word;

int main(void)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    akit_tiered *heap = NULL;
    cfg.name = "words";
    cfg.limit_bytes = 1u << 20;
    if (akit_tiered_create(&cfg, &heap) < 0)
        return 1;

    static const char *const text[] = {"the", "quick", "fox", "and", "the", "slow", "fox", "and", "the", "end"};
    word *first = NULL;
    for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
        word *w = first;
        while (w && strcmp(w->text, text[i]))
            w = w->next;
        if (!w) {
            w = akit_tiered_alloc(heap, sizeof *w + strlen(text[i]) + 1);
            if (!w)
                return 1;
            w->next = first;
            w->count = 0;
            strcpy(w->text, text[i]);
            first = w;
        }
        w->count++;
    }
    unsigned different = 0, most = 0;
    for (word *w = first; w; w = w->next) {
        different++;
        most = w->count > most ? w->count : most;
    }
    akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
    akit_tiered_stats_get(heap, &st);
    printf("%u words, %u at most, %llu blocks\n", different, most, (unsigned long long)st.allocs_total);
    return akit_tiered_destroy(heap, 0) < 0;
}
