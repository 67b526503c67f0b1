/* One thread, random calls, every kind of configuration. */
#include "load.h"

static load the_load;

static void run(const akit_tiered_config *cfg, unsigned ms)
{
    load *l = &the_load;
    akit_tiered *h = heap_with(cfg);
    load_init(l, h, 0);
    l->may_fail = cfg && cfg->limit_bytes;
    uint64_t until = deadline(ms);
    for (unsigned i = 0; i % 256 || now_ms() < until || (l->may_fail && !l->refused); i++) {
        load_step(l);
        if (below(&l->r, 5000) == 0)
            MUST(akit_tiered_purge(h, AKIT_PURGE_ALL, NULL) == 0);
        if (below(&l->r, 5000) == 0)
            MUST(akit_thread_flush(0) == 0);
        if (below(&l->r, 2000) == 0)
            MUST(akit_maintain(NULL) == 0);
    }
    load_end(l);
    end_heap(h);
}

STRESS(model_defaults) { run(NULL, 1200); }

STRESS(model_exact_checks)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.check_mode = AKIT_CHECK_EXACT;
    run(&cfg, 600);
}

STRESS(model_zero_on_free)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.zero_mode = AKIT_ZERO_ON_FREE;
    run(&cfg, 600);
}

STRESS(model_capped)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.limit_bytes = MIB(24);
    run(&cfg, 600);
}

STRESS(model_small_caches)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.thread_cache_bytes = KIB(64);
    cfg.cache_bytes = KIB(128);
    cfg.small_max_bytes = 128;
    cfg.medium_max_bytes = 4096;
    cfg.large_max_bytes = KIB(64);
    run(&cfg, 600);
}

STRESS(model_guards)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.guard_sample_interval = 50;
    run(&cfg, 600);
}

STRESS(model_no_huge_pages_wiped_by_fork)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.thp = AKIT_THP_NEVER;
    cfg.fork_mode = AKIT_FORK_WIPE;
    cfg.hugetlb_mode = AKIT_HUGE_PREFER;
    run(&cfg, 400);
}

STRESS(model_purge_thread_and_no_decay)
{
    akit_tiered_config cfg = AKIT_TIERED_CONFIG_INIT;
    cfg.decay_ns = 1000000;
    MUST(akit_purge_thread(1) == 0);
    run(&cfg, 800);
    MUST(akit_purge_thread(0) == 0);
}
