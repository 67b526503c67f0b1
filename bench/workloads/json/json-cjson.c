/*
 * Parses a JSON file with cJSON, counts its nodes and drops the tree, again and again, on one or more threads.
 *
 *   json-cjson MODE FILE DOCUMENTS THREADS
 *
 * MODE malloc: cJSON's own malloc and free; handle: a handle per document, nodes freed one by one, then the handle; drop: the handle
 * is destroyed with the tree in it. cJSON's hooks pass neither a user pointer nor sizes: the handle of the moment is the thread's.
 */
#include "../common/program.h"

#include <cjson/cJSON.h>
#include <pthread.h>

static _Thread_local akit_tiered *document_handle;

static void *document_alloc(size_t size) { return akit_tiered_alloc(document_handle, size); }
static void document_free(void *p) { akit_tiered_free(document_handle, p); }

struct counts {
    unsigned long nodes;
    unsigned long string_bytes;
};

struct task {
    const char *text;
    size_t size;
    long documents;
    enum mode mode;
    struct counts counts;
};

static void count(const cJSON *node, struct counts *counts) {
    for (; node != NULL; node = node->next) {
        counts->nodes++;
        if (cJSON_IsString(node)) counts->string_bytes += strlen(node->valuestring);
        count(node->child, counts);
    }
}

static void *work(void *argument) {
    struct task *task = argument;
    for (long i = 0; i < task->documents; i++) {
        if (task->mode != MODE_MALLOC) document_handle = new_handle(0);
        cJSON *root = cJSON_ParseWithLength(task->text, task->size);
        if (root == NULL) die("cJSON_ParseWithLength");
        count(root, &task->counts);
        if (task->mode != MODE_DROP) cJSON_Delete(root);
        if (task->mode != MODE_MALLOC) drop_handle(document_handle);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 5) die("usage: json-cjson MODE FILE DOCUMENTS THREADS");
    struct task tasks[16] = {0};
    pthread_t threads[16];
    long count_threads = strtol(argv[4], NULL, 10);
    if (count_threads < 1 || count_threads > 16) die("1 to 16 threads");
    struct task task = {.documents = strtol(argv[3], NULL, 10), .mode = parse_mode(argv[1])};
    task.text = map_file(argv[2], &task.size);
    if (task.mode != MODE_MALLOC) {
        cJSON_Hooks hooks = {document_alloc, document_free};
        cJSON_InitHooks(&hooks);
        start_purge_thread();
    }
    for (long i = 0; i < count_threads; i++) tasks[i] = task;
    for (long i = 1; i < count_threads; i++) {
        if (pthread_create(&threads[i], NULL, work, &tasks[i]) != 0) die("pthread_create");
    }
    work(&tasks[0]);
    for (long i = 1; i < count_threads; i++) pthread_join(threads[i], NULL);
    for (long i = 0; i < count_threads; i++) {
        printf("%ld documents, %lu nodes, %lu bytes of text\n", tasks[i].documents, tasks[i].counts.nodes, tasks[i].counts.string_bytes);
    }
    return 0;
}
