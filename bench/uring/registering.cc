// 1 GiB that is resident registered: as one slot by hand, which is the pinning of its pages and little else; by
// allockit; and by hand in slots of 64 KiB, as many as a table can have. The three take turns on rings of their own. Medians.
#include <sys/uio.h>

#include <cstdio>
#include <vector>

#include "area.h"
#include "jobs.h"
#include "measure.h"
#include "own_ring.h"
#include "samples.h"

namespace {

constexpr std::size_t area_bytes = std::size_t{1} << 30;
constexpr std::size_t buffer_bytes = 65536;

struct Times {
    explicit Times(std::size_t most) : on(most), off(most) {}
    Samples on, off;
};

// Refused where locked memory is limited: then the row says so.
bool by_hand(const std::vector<iovec>& parts, Times& times) {
    OwnRing ring(8);
    const std::uint64_t start = now_ns();
    if (io_uring_register_buffers(ring.get(), parts.data(), static_cast<unsigned>(parts.size())) != 0) return false;
    const std::uint64_t registered = now_ns();
    io_uring_unregister_buffers(ring.get());
    times.on.add(registered - start);
    times.off.add(now_ns() - registered);
    return true;
}

bool by_allockit(char* area, Times& times) {
    OwnRing ring(8);
    akit_uring* registration = attach(ring);
    const std::uint64_t start = now_ns();
    if (akit_uring_add_memory(registration, area, area_bytes) != 0 || akit_uring_sync(registration) < 0) return false;
    const std::uint64_t registered = now_ns();
    if (akit_uring_lookup(registration, area, area_bytes) < 0) std::abort();
    akit_uring_destroy(registration, 0);
    times.on.add(registered - start);
    times.off.add(now_ns() - registered);
    return true;
}

} // namespace

void registering(const Row& row) {
    const std::size_t count = row.a == 1 ? 20 : 5;
    char* area = make_area(area_bytes, row.a == 1);
    const std::vector<iovec> whole{{area, area_bytes}};
    std::vector<iovec> parts;
    for (std::size_t at = 0; at < area_bytes; at += buffer_bytes) parts.push_back({area + at, buffer_bytes});
    Times hand(count), ours(count), buffers(count);
    const auto id = [&row](const char* name) {
        static char text[64];
        std::snprintf(text, sizeof text, "%s-%s", row.job, name);
        return text;
    };
    for (std::size_t i = 0; i < count; i++) {
        if (by_hand(whole, hand) && by_allockit(area, ours) && by_hand(parts, buffers)) continue;
        return report_skipped(id("ours"), "locked memory is limited");
    }
    const auto ms = [](Samples& samples) { return static_cast<double>(samples.quantile(500)) / 1e6; };
    report({id("hand"), ms(hand.on)});
    report({id("ours"), ms(ours.on)});
    report({id("beyond"), ms(ours.on) - ms(hand.on)});
    report({id("buffers"), ms(buffers.on)});
    report({id("hand-off"), ms(hand.off)});
    report({id("ours-off"), ms(ours.off)});
    report({id("buffers-off"), ms(buffers.off)});
}
