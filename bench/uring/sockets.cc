// 64 connections over unix sockets; in every round a message is sent over each, and then all of them are received. The time
// of receiving is what counts; sending is not part of it. The first byte of every message is checked.
//
//   --way recv     epoll and recv into one buffer
//   --way own      RECV into a buffer per connection, queued anew after each message
//   --way hand     multishot RECV, provided buffers by hand: all of them published, each put back when it was read
//   --way group    the same with akit_uring_group
//   --way io       akit_io_recv_group of liballockit_io
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <allockit/io.h>

#include <algorithm>
#include <cstring>

#include "area.h"
#include "jobs.h"
#include "measure.h"
#include "own_ring.h"
#include "samples.h"

namespace {

constexpr unsigned connections = 64;
constexpr unsigned group_id = 1;
constexpr unsigned published = 128;

struct Connection {
    int here, there;
};

struct Load {
    Connection connection[connections];
    std::size_t bytes;        // of a message
    unsigned char number = 0; // what the messages of a round begin with
    std::size_t due = 0;      // bytes of this round that are to come

    void send(char* message) {
        std::memset(message, ++number, bytes);
        for (const Connection& one : connection)
            if (write(one.there, message, bytes) != static_cast<ssize_t>(bytes)) std::abort();
        due = bytes * connections;
    }

    void received(const void* p, std::size_t length) {
        unsigned char first;
        std::memcpy(&first, p, 1);
        if (length == 0 || length > due || first != number) std::abort();
        due -= length;
    }
};

class Epoll {
public:
    explicit Epoll(const Load& load) : buffer_(own_array<char>(load.bytes)) {
        for (const Connection& one : load.connection) {
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.fd = one.here;
            if (epoll_ctl(epoll_, EPOLL_CTL_ADD, one.here, &event) != 0) std::abort();
        }
    }

    void receive(Load& load) {
        epoll_event event[connections];
        const int count = epoll_wait(epoll_, event, connections, -1);
        for (int i = 0; i < count; i++) {
            const ssize_t got = recv(event[i].data.fd, buffer_, load.bytes, MSG_DONTWAIT);
            if (got <= 0) std::abort();
            load.received(buffer_, static_cast<std::size_t>(got));
        }
    }

private:
    const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    char* const buffer_;
};

// A completion: which connection, and how.
template <class Use>
void completions(io_uring* ring, Use use) {
    io_uring_cqe* cqe[2 * connections];
    if (io_uring_submit_and_wait(ring, 1) < 0) std::abort();
    const unsigned count = io_uring_peek_batch_cqe(ring, cqe, 2 * connections);
    for (unsigned i = 0; i < count; i++) use(static_cast<unsigned>(cqe[i]->user_data), cqe[i]->res, cqe[i]->flags);
    io_uring_cq_advance(ring, count);
}

class OwnBuffers {
public:
    explicit OwnBuffers(const Load& load) : buffer_(own_array<char>(load.bytes * connections)) {
        for (unsigned i = 0; i < connections; i++) arm(load, i);
    }

    void receive(Load& load) {
        completions(ring_.get(), [&](unsigned i, int result, unsigned) {
            if (result <= 0) std::abort();
            load.received(buffer_ + i * load.bytes, static_cast<std::size_t>(result));
            arm(load, i);
        });
    }

private:
    void arm(const Load& load, unsigned i) {
        io_uring_sqe* sqe = ring_.next();
        io_uring_prep_recv(sqe, load.connection[i].here, buffer_ + i * load.bytes, load.bytes, 0);
        io_uring_sqe_set_data64(sqe, i);
    }

    OwnRing ring_{2 * connections};
    char* const buffer_;
};

void arm_multishot(OwnRing& ring, const Load& load, unsigned i) {
    io_uring_sqe* sqe = ring.next();
    io_uring_prep_recv_multishot(sqe, load.connection[i].here, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = group_id;
    io_uring_sqe_set_data64(sqe, i);
}

class ByHand {
public:
    explicit ByHand(const Load& load)
        : length_(std::max<std::size_t>(load.bytes, 2048)), buffer_(own_array<char>(length_ * published)),
          entries_(static_cast<io_uring_buf_ring*>(own_memory(published * sizeof(io_uring_buf)))) {
        io_uring_buf_reg reg{};
        reg.ring_addr = reinterpret_cast<std::uintptr_t>(entries_);
        reg.ring_entries = published;
        reg.bgid = group_id;
        if (io_uring_register_buf_ring(ring_.get(), &reg, 0) != 0) std::abort();
        for (unsigned i = 0; i < published; i++) add(i, static_cast<int>(i));
        io_uring_buf_ring_advance(entries_, published);
        for (unsigned i = 0; i < connections; i++) arm_multishot(ring_, load, i);
    }

    void receive(Load& load) {
        int back = 0;
        completions(ring_.get(), [&](unsigned i, int result, unsigned flags) {
            if (result <= 0) std::abort(); // more are published than messages can be under way
            const unsigned id = flags >> IORING_CQE_BUFFER_SHIFT;
            load.received(buffer_ + id * length_, static_cast<std::size_t>(result));
            add(id, back++);
            if ((flags & IORING_CQE_F_MORE) == 0) arm_multishot(ring_, load, i);
        });
        io_uring_buf_ring_advance(entries_, back);
    }

private:
    void add(unsigned id, int place) {
        io_uring_buf_ring_add(entries_, buffer_ + id * length_, static_cast<unsigned>(length_), static_cast<unsigned short>(id), published - 1, place);
    }

    OwnRing ring_{2 * connections};
    const std::size_t length_;
    char* const buffer_;
    io_uring_buf_ring* const entries_;
};

akit_uring_group* make_group(akit_uring* registration, std::size_t bytes) {
    akit_pool* pool = nullptr;
    if (akit_pool_create(nullptr, &pool) != 0) std::abort();
    akit_uring_group_config config = AKIT_URING_GROUP_CONFIG_INIT;
    config.pool = pool;
    config.buffer_bytes = bytes;
    config.group_id = group_id;
    akit_uring_group* group = nullptr;
    if (akit_uring_group_create(registration, &config, &group) != 0 || akit_uring_group_refill(group) < 0) std::abort();
    return group;
}

class Group {
public:
    explicit Group(const Load& load) : group_(make_group(attach(ring_), load.bytes)) {
        for (unsigned i = 0; i < connections; i++) arm_multishot(ring_, load, i);
    }

    void receive(Load& load) {
        unsigned again[2 * connections], count = 0;
        completions(ring_.get(), [&](unsigned i, int result, unsigned flags) {
            void* p = nullptr;
            std::size_t length = 0;
            const int took = akit_uring_group_take(group_, result, flags, &p, &length);
            if (took != 1 && took != -ENOBUFS) std::abort();
            if (took == 1) {
                load.received(p, length);
                akit_uring_group_put(group_, p);
            }
            if ((flags & IORING_CQE_F_MORE) == 0) again[count++] = i;
        });
        if (akit_uring_group_refill(group_) < 0) std::abort();
        for (unsigned i = 0; i < count; i++) arm_multishot(ring_, load, again[i]);
    }

private:
    OwnRing ring_{2 * connections};
    akit_uring_group* const group_;
};

class Io {
public:
    explicit Io(const Load& load) {
        akit_io_config config = AKIT_IO_CONFIG_INIT;
        config.single_issuer = AKIT_IO_YES;
        if (akit_io_create(&config, &io_) != 0) std::abort();
        akit_uring_group* group = make_group(akit_io_registration(io_), load.bytes);
        for (unsigned i = 0; i < connections; i++)
            if (akit_io_recv_group(io_, load.connection[i].here, group, 0, i) != 0) std::abort();
    }

    void receive(Load& load) {
        akit_io_event event[2 * connections];
        if (akit_io_submit(io_, 1, AKIT_NONE) < 0) std::abort();
        const std::size_t count = akit_io_take(io_, event, 2 * connections);
        for (std::size_t i = 0; i < count; i++) {
            if (event[i].res <= 0) std::abort();
            load.received(event[i].buffer, static_cast<std::size_t>(event[i].res));
            akit_uring_group_put(event[i].group, event[i].buffer);
        }
    }

private:
    akit_io* io_ = nullptr;
};

template <class Receiver>
void measure(const Row& row) {
    static Load load;
    load.bytes = row.a;
    for (Connection& one : load.connection) {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
        one = {pair[0], pair[1]};
    }
    char* message = own_array<char>(load.bytes);
    Receiver receiver(load);
    const auto rounds = static_cast<std::size_t>(options.seconds * 50000);
    Samples samples(rounds);
    for (std::size_t i = 0; i < rounds + rounds / 10; i++) {
        load.send(message);
        const std::uint64_t start = now_ns();
        while (load.due > 0) receiver.receive(load);
        if (i >= rounds / 10) samples.add(now_ns() - start);
    }
    report({row.id, static_cast<double>(samples.quantile(500)) / connections});
}

bool way(const char* name) { return std::strcmp(options.way, name) == 0; }

} // namespace

void sockets(const Row& row) {
    if (way("recv")) measure<Epoll>(row);
    else if (way("own")) measure<OwnBuffers>(row);
    else if (way("hand")) measure<ByHand>(row);
    else if (way("io")) measure<Io>(row);
    else measure<Group>(row);
}
