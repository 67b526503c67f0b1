/*
 * A host that runs Lua scripts, each in a state of its own.
 *
 *   lua-host MODE LIMIT_MIB RUNS INPUT SCRIPT...
 *
 * MODE malloc: realloc and free, as luaL_newstate does; handle: a capped handle per script, objects freed one by one by lua_close,
 * then the handle; drop: the handle is destroyed and lua_close never called (right for scripts that leave no open files or __gc
 * behind). LIMIT_MIB 0 means no cap. Every script gets the text of INPUT as its argument and returns one string.
 */
#include "../common/program.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

struct script {
    const char *path;
    const char *text;
    size_t size;
    char result[256]; /* of the first run; the others must say the same */
};

/* What a host without handles has to do for a cap: count by itself. */
struct counted {
    uint64_t used;
    uint64_t limit;
};

static void *counted_realloc(void *ud, void *p, size_t old_size, size_t new_size) {
    struct counted *heap = ud;
    if (p == NULL) old_size = 0; /* Lua passes a type tag there */
    if (new_size > old_size && heap->limit != 0 && heap->used - old_size + new_size > heap->limit) return NULL;
    if (new_size == 0) {
        free(p);
        heap->used -= old_size;
        return NULL;
    }
    void *fresh = realloc(p, new_size);
    if (fresh != NULL) heap->used += new_size - old_size;
    return fresh;
}

static void *plain_realloc(void *ud, void *p, size_t old_size, size_t new_size) {
    (void)ud;
    (void)old_size;
    if (new_size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, new_size);
}

/* The state has its own copy now; what it does with that is to be the peak. */
static void release_input(const char *input, size_t size) {
    if (size > 1 << 20) madvise((void *)(uintptr_t)input, size, MADV_DONTNEED);
}

static void run(struct script *script, lua_State *state, const char *input, size_t input_size) {
    if (state == NULL) die("lua_newstate");
    luaL_openlibs(state);
    int rc = luaL_loadbuffer(state, script->text, script->size, script->path);
    if (rc == LUA_OK) {
        lua_pushlstring(state, input, input_size);
        release_input(input, input_size);
        rc = lua_pcall(state, 1, 1, 0);
    }
    const char *result = lua_tostring(state, -1);
    if (result == NULL || (rc != LUA_OK && rc != LUA_ERRMEM)) die(result != NULL ? result : script->path);
    if (script->result[0] == '\0') snprintf(script->result, sizeof script->result, "%s", result);
    if (strcmp(script->result, result) != 0) die("two runs of one script differ");
}

static void run_on_malloc(struct script *script, uint64_t limit, const char *input, size_t input_size) {
    struct counted heap = {0, limit};
    lua_State *state = limit != 0 ? lua_newstate(counted_realloc, &heap) : lua_newstate(plain_realloc, NULL);
    run(script, state, input, input_size);
    lua_close(state);
}

static void run_on_handle(struct script *script, uint64_t limit, const char *input, size_t input_size, enum mode mode) {
    akit_tiered *handle = new_handle(limit);
    lua_State *state = lua_newstate(akit_host_lua, handle);
    run(script, state, input, input_size);
    if (mode == MODE_HANDLE) lua_close(state);
    drop_handle(handle);
}

int main(int argc, char **argv) {
    if (argc < 6) die("usage: lua-host MODE LIMIT_MIB RUNS INPUT SCRIPT...");
    enum mode mode = parse_mode(argv[1]);
    uint64_t limit = strtoull(argv[2], NULL, 10) << 20;
    long runs = strtol(argv[3], NULL, 10);
    size_t input_size;
    const char *input = map_file(argv[4], &input_size);
    static struct script scripts[8];
    int count = argc - 5;
    if (count > 8) die("at most 8 scripts");
    for (int i = 0; i < count; i++) {
        scripts[i].path = argv[5 + i];
        scripts[i].text = map_file(argv[5 + i], &scripts[i].size);
    }
    if (mode != MODE_MALLOC) start_purge_thread();

    for (long round = 0; round < runs; round++) {
        for (int i = 0; i < count; i++) {
            if (mode == MODE_MALLOC) run_on_malloc(&scripts[i], limit, input, input_size);
            else run_on_handle(&scripts[i], limit, input, input_size, mode);
        }
    }
    for (int i = 0; i < count; i++) printf("%ld x %s\n", runs, scripts[i].result);
    return 0;
}
