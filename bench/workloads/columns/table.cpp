#include "table.h"

#include "../common/program.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <numeric>
#include <string_view>
#include <unordered_map>

namespace {

// The fields of the lines: no quotes, no empty fields; NA is an absent value.
class Fields {
public:
    explicit Fields(const char *at) : at_(at) {}

    bool number(long &value) {
        if (at_[0] == 'N') {
            at_ += 3;
            return false;
        }
        const bool negative = *at_ == '-';
        if (negative) at_++;
        value = digits();
        if (negative) value = -value;
        at_++; // the comma or the end of the line
        return true;
    }
    void to(Buffer<int32_t> &column) {
        long value;
        column.push(number(value) ? static_cast<int32_t>(value) : absent);
    }
    void to(Buffer<double> &column) {
        long value;
        column.push(number(value) ? static_cast<double>(value) : std::numeric_limits<double>::quiet_NaN());
    }
    void to(Buffer<int64_t> &column) { // 2013-01-01T10:00:00Z, to the first hours of 2014
        const char *from = at_;
        const auto two = [&](int i) { return (from[i] - '0') * 10 + (from[i + 1] - '0'); };
        const int64_t start_of_2013 = 15706, day = start_of_2013 + 365 * (from[3] - '3') + day_of_year(two(5), two(8)) - 1;
        column.push(day * 86400 + two(11) * 3600);
        at_ = strchr(at_, '\n') + 1;
    }
    std::string_view word() {
        const char *from = at_;
        while (*at_ != ',') at_++;
        return {from, static_cast<size_t>(at_++ - from)};
    }
    const char *at() const { return at_; }

private:
    long digits() {
        long value = 0;
        for (; *at_ >= '0' && *at_ <= '9'; at_++) value = value * 10 + (*at_ - '0');
        return value;
    }

    const char *at_;
};

// Numbers strings in the order they come, and in the end in their own order.
class Encoder {
public:
    Encoder() { codes_.emplace(words_.emplace_back(), unknown); }
    void put(std::string_view word, Buffer<uint32_t> &column) {
        if (word == "NA") word = {};
        auto found = codes_.find(word);
        if (found == codes_.end()) {
            words_.emplace_back(word);
            found = codes_.emplace(words_.back(), static_cast<uint32_t>(words_.size() - 1)).first;
        }
        column.push(found->second);
    }
    Dictionary finish(Buffer<uint32_t> &column) {
        std::vector<uint32_t> order(words_.size()), place(words_.size());
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return words_[a] < words_[b]; });
        Dictionary sorted;
        for (uint32_t code : order) {
            place[code] = static_cast<uint32_t>(sorted.size());
            sorted.push_back(words_[code]);
        }
        for (uint32_t &code : column) code = place[code];
        return sorted;
    }

private:
    std::deque<std::string> words_; // which leaves them where they are
    std::unordered_map<std::string_view, uint32_t> codes_;
};

class Loader {
public:
    // All lines of [at, end), which ends behind the end of a line.
    void lines(const char *at, const char *end) {
        while (at < end) at = line(at);
    }
    Table finish() {
        table_.carriers = carriers_.finish(table_.carrier);
        table_.tailnums = tailnums_.finish(table_.tailnum);
        table_.origins = origins_.finish(table_.origin);
        table_.dests = dests_.finish(table_.dest);
        return std::move(table_);
    }

private:
    const char *line(const char *at) {
        Fields fields(at);
        for (auto *column : {&table_.year, &table_.month, &table_.day, &table_.dep_time, &table_.sched_dep_time}) fields.to(*column);
        fields.to(table_.dep_delay);
        for (auto *column : {&table_.arr_time, &table_.sched_arr_time}) fields.to(*column);
        fields.to(table_.arr_delay);
        carriers_.put(fields.word(), table_.carrier);
        fields.to(table_.flight);
        tailnums_.put(fields.word(), table_.tailnum);
        origins_.put(fields.word(), table_.origin);
        dests_.put(fields.word(), table_.dest);
        fields.to(table_.air_time);
        fields.to(table_.distance);
        fields.to(table_.hour);
        fields.to(table_.minute);
        fields.to(table_.time_hour);
        return fields.at();
    }

    Table table_;
    Encoder carriers_, tailnums_, origins_, dests_;
};

} // namespace

// Read through a static buffer, so that the file is not part of the memory that is compared.
Table load(const char *path) {
    static char text[(1 << 20) + 1];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(path);
    Loader loader;
    size_t have = 0;
    bool header = true;
    for (ssize_t got; (got = read(fd, text + have, sizeof text - 1 - have)) != 0;) {
        if (got < 0) die(path);
        have += static_cast<size_t>(got);
        const char *last = static_cast<const char *>(memrchr(text, '\n', have));
        if (last == nullptr) die("a line is too long");
        const char *from = header ? strchr(text, '\n') + 1 : text;
        loader.lines(from, last + 1);
        header = false;
        have -= static_cast<size_t>(last + 1 - text);
        memmove(text, last + 1, have);
    }
    close(fd);
    Table table = loader.finish();
    if (have != 0 || table.rows() == 0) die("the file is cut off");
    return table;
}
