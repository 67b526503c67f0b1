/* A program with its own ring. Fixed reads where the memory is registered: by hand, in the mode fixed, or by allockit. */
#include <liburing.h>

#include "ingest.h"

static struct io_uring ring;
static akit_uring *registration;
static int by_hand;

static void register_ring(void) {
    akit_uring_config config = AKIT_URING_CONFIG_INIT;
    config.ring_fd = ring.ring_fd;
    config.flags = AKIT_URING_CREATE_TABLE;
    if (akit_uring_create(&config, &registration) < 0) die("akit_uring_create");
    if (akit_uring_add_ring(registration, memory_ring()) < 0) die("akit_uring_add_ring");
    if (akit_uring_sync(registration) < 0) fputs("not registered: plain reads\n", stderr);
}

static void register_slots(void) {
    struct iovec whole;
    memory_slots(&whole.iov_base, &whole.iov_len);
    by_hand = io_uring_register_buffers(&ring, &whole, 1) == 0;
    if (!by_hand) fputs("not registered: plain reads\n", stderr);
}

static void liburing_open(const struct ingest *in) {
    /* Flags that an older kernel does not know are left out. */
    if (io_uring_queue_init(MOST_DEPTH, &ring, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) < 0 &&
        io_uring_queue_init(MOST_DEPTH, &ring, 0) < 0) {
        fputs("io_uring cannot be used here\n", stderr);
        exit(1);
    }
    if (strcmp(in->mode, "registered") == 0) register_ring();
    if (strcmp(in->mode, "fixed") == 0) register_slots();
}

static int slot_of(const void *p, size_t length) {
    if (by_hand) return 0;
    return registration != NULL ? akit_uring_lookup(registration, p, length) : -1;
}

static void liburing_read(int fd, void *p, size_t length, uint64_t offset, unsigned id) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    if (sqe == NULL) die("the queue is full");
    const int slot = slot_of(p, length);
    if (slot >= 0) io_uring_prep_read_fixed(sqe, fd, p, (unsigned)length, offset, slot);
    else io_uring_prep_read(sqe, fd, p, (unsigned)length, offset);
    io_uring_sqe_set_data64(sqe, id);
}

static unsigned liburing_wait(struct done done[MOST_DEPTH]) {
    struct io_uring_cqe *cqe[MOST_DEPTH];
    if (io_uring_submit_and_wait(&ring, 1) < 0) die("io_uring_submit_and_wait");
    const unsigned count = io_uring_peek_batch_cqe(&ring, cqe, MOST_DEPTH);
    for (unsigned i = 0; i < count; i++) done[i] = (struct done){(unsigned)cqe[i]->user_data, cqe[i]->res};
    io_uring_cq_advance(&ring, count);
    return count;
}

const struct engine engine_liburing = {liburing_open, liburing_read, liburing_wait};
