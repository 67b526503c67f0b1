// A ring of the program's own, and what registers memory with it.
#pragma once

#include <allockit.h>
#include <liburing.h>

#include <cstdlib>

class OwnRing {
public:
    explicit OwnRing(unsigned entries) {
        // Flags that an older kernel does not know are left out.
        if (io_uring_queue_init(entries, &ring_, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN) < 0 &&
            io_uring_queue_init(entries, &ring_, 0) < 0)
            std::abort();
    }
    ~OwnRing() { io_uring_queue_exit(&ring_); }
    OwnRing(const OwnRing&) = delete;
    OwnRing& operator=(const OwnRing&) = delete;

    io_uring* get() { return &ring_; }

    io_uring_sqe* next() {
        io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
        if (sqe == nullptr) std::abort(); // all rows ask for enough entries
        return sqe;
    }

private:
    io_uring ring_;
};

inline akit_uring* attach(OwnRing& ring) {
    akit_uring_config config = AKIT_URING_CONFIG_INIT;
    config.ring_fd = ring.get()->ring_fd;
    config.flags = AKIT_URING_CREATE_TABLE;
    akit_uring* made = nullptr;
    if (akit_uring_create(&config, &made) != 0) std::abort();
    return made;
}
