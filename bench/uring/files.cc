// Blocks of a real file of 256 MiB read in random order, so many in flight at a time; the first word of each is checked. What
// has ended is sent again with another block, all of a turn together. The file lies beside the program and is made once.
//
//   --way plain        READ on a ring of the program's own
//   --way fixed        READ_FIXED, registered by hand
//   --way registered   the same ring, registered by allockit, akit_uring_lookup for every read
//   --way io           liballockit_io, which looks up by itself
//   --way pread        no ring, one at a time
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <allockit/io.h>

#include <cstdio>
#include <cstring>

#include "area.h"
#include "jobs.h"
#include "measure.h"
#include "own_ring.h"
#include "random.h"

namespace {

constexpr std::size_t file_bytes = std::size_t{256} << 20;
constexpr std::size_t page = 4096;
constexpr unsigned most = 64;

// Every page begins with its number.
void make_file(const char* path) {
    char part[PATH_MAX];
    std::snprintf(part, sizeof part, "%s.%d", path, static_cast<int>(getpid()));
    const int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    constexpr std::size_t chunk = 1 << 20;
    char* data = make_area(chunk, false);
    for (std::size_t at = 0; fd >= 0 && at < file_bytes; at += chunk) {
        for (std::size_t i = 0; i < chunk; i += page) {
            const std::uint64_t number = (at + i) / page;
            std::memcpy(data + i, &number, sizeof number);
        }
        if (write(fd, data, chunk) != static_cast<ssize_t>(chunk)) std::abort();
    }
    if (fd < 0 || fsync(fd) != 0 || rename(part, path) != 0) std::abort();
    close(fd);
}

int open_file(int flags) {
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
    if (length < 0) std::abort();
    std::strcpy(path + length, ".256M");
    if (access(path, R_OK) != 0) make_file(path);
    return open(path, O_RDONLY | O_CLOEXEC | flags);
}

struct Area {
    char* base;
    std::size_t bytes;
};

// Reads with the same words everywhere: `read` queues one, `wait` calls `ended` for each that has ended, at least one.
template <class Slot>
class Liburing {
public:
    Liburing(OwnRing& ring, Slot slot) : ring_(ring.get()), slot_(slot) {}

    void read(int fd, char* p, std::size_t length, std::uint64_t offset, unsigned id) {
        io_uring_sqe* sqe = io_uring_get_sqe(ring_);
        const int slot = slot_(p, length);
        if (slot >= 0) io_uring_prep_read_fixed(sqe, fd, p, static_cast<unsigned>(length), offset, slot);
        else io_uring_prep_read(sqe, fd, p, static_cast<unsigned>(length), offset);
        io_uring_sqe_set_data64(sqe, id);
    }

    template <class Ended>
    void wait(Ended ended) {
        io_uring_cqe* cqe[most];
        if (io_uring_submit_and_wait(ring_, 1) < 0) std::abort();
        const unsigned count = io_uring_peek_batch_cqe(ring_, cqe, most);
        for (unsigned i = 0; i < count; i++) ended(static_cast<unsigned>(cqe[i]->user_data), cqe[i]->res);
        io_uring_cq_advance(ring_, count);
    }

private:
    io_uring* ring_;
    Slot slot_;
};

class Io {
public:
    explicit Io(Area memory) {
        akit_io_config config = AKIT_IO_CONFIG_INIT;
        config.single_issuer = AKIT_IO_YES;
        if (akit_io_create(&config, &io_) != 0) std::abort();
        akit_uring* registration = akit_io_registration(io_);
        if (akit_uring_add_memory(registration, memory.base, memory.bytes) != 0 || akit_uring_sync(registration) < 0) std::abort();
    }

    void read(int fd, char* p, std::size_t length, std::uint64_t offset, unsigned id) {
        if (akit_io_read(io_, fd, p, length, offset, id) != 0) std::abort();
    }

    template <class Ended>
    void wait(Ended ended) {
        akit_io_event event[most];
        if (akit_io_submit(io_, 1, AKIT_NONE) < 0) std::abort();
        const std::size_t count = akit_io_take(io_, event, most);
        for (std::size_t i = 0; i < count; i++) ended(static_cast<unsigned>(event[i].user_data), event[i].res);
    }

private:
    akit_io* io_ = nullptr;
};

class Pread {
public:
    void read(int fd, char* p, std::size_t length, std::uint64_t offset, unsigned id) {
        id_ = id;
        result_ = static_cast<int>(pread(fd, p, length, static_cast<off_t>(offset)));
    }

    template <class Ended>
    void wait(Ended ended) {
        ended(id_, result_);
    }

private:
    unsigned id_ = 0;
    int result_ = 0;
};

template <class Engine>
class Reads {
public:
    Reads(Engine engine, int fd, Area memory, std::size_t block) : engine_(engine), fd_(fd), memory_(memory.base), block_(block) {}

    // Bytes read in at least that time.
    std::uint64_t run(unsigned depth, double seconds) {
        const std::uint64_t end = now_ns() + static_cast<std::uint64_t>(seconds * 1e9);
        std::uint64_t bytes = 0;
        for (unsigned id = 0; id < depth; id++) send(id);
        unsigned in_flight = depth;
        while (in_flight > 0) {
            const bool more = now_ns() < end;
            engine_.wait([&](unsigned id, int result) {
                check(id, result);
                bytes += block_;
                if (more) send(id);
                else in_flight--;
            });
        }
        return bytes;
    }

private:
    void send(unsigned id) {
        offset_[id] = random_.below(file_bytes / block_) * block_;
        engine_.read(fd_, memory_ + id * block_, block_, offset_[id], id);
    }

    void check(unsigned id, int result) const {
        std::uint64_t number;
        std::memcpy(&number, memory_ + id * block_, sizeof number);
        if (result != static_cast<int>(block_) || number != offset_[id] / page) std::abort();
    }

    Engine engine_;
    const int fd_;
    char* const memory_;
    const std::size_t block_;
    std::uint64_t offset_[most] = {};
    Random random_{11};
};

template <class Engine>
void measure(const Row& row, Engine engine, int fd, Area memory, unsigned depth) {
    Reads<Engine> reads(engine, fd, memory, row.a);
    const double seconds = options.seconds * 10;
    reads.run(depth, seconds / 10);
    const std::uint64_t cpu = process_cpu_ns(), start = now_ns();
    const auto bytes = static_cast<double>(reads.run(depth, seconds));
    const auto spent = static_cast<double>(now_ns() - start), used = static_cast<double>(process_cpu_ns() - cpu);
    char id[64];
    std::snprintf(id, sizeof id, "%s-rate", row.job);
    report({id, bytes / spent * 1e3});
    std::snprintf(id, sizeof id, "%s-cpu", row.job);
    report({id, used / bytes * 1e3});
}

// So that the rows from the page cache read nothing else.
void warm(int fd, Area memory) {
    for (std::size_t at = 0; at < file_bytes; at += memory.bytes)
        if (pread(fd, memory.base, memory.bytes, static_cast<off_t>(at)) < 0) std::abort();
}

bool way(const char* name) { return std::strcmp(options.way, name) == 0; }

} // namespace

void files(const Row& row) {
    const auto depth = static_cast<unsigned>(row.b);
    const Area memory{make_area(8 << 20, row.c != 2), 8 << 20};
    const int fd = open_file(row.c == 0 ? 0 : O_DIRECT);
    if (fd < 0) {
        char id[64];
        std::snprintf(id, sizeof id, "%s-rate", row.job);
        return report_skipped(id, "the file system has no O_DIRECT");
    }
    if (row.c == 0) warm(fd, memory);
    if (way("pread")) return measure(row, Pread(), fd, memory, 1);
    if (way("io")) return measure(row, Io(memory), fd, memory, depth);
    static OwnRing ring(most);
    if (way("plain")) return measure(row, Liburing(ring, [](char*, std::size_t) { return -1; }), fd, memory, depth);
    if (way("fixed")) {
        const iovec whole{memory.base, memory.bytes};
        if (io_uring_register_buffers(ring.get(), &whole, 1) != 0) std::abort();
        return measure(row, Liburing(ring, [](char*, std::size_t) { return 0; }), fd, memory, depth);
    }
    akit_uring* registration = attach(ring);
    if (akit_uring_add_memory(registration, memory.base, memory.bytes) != 0 || akit_uring_sync(registration) < 0) std::abort();
    measure(row, Liburing(ring, [=](char* p, std::size_t length) { return akit_uring_lookup(registration, p, length); }), fd, memory, depth);
}
