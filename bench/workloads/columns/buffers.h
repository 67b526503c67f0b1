// Buffers of the engine: columns, selection vectors, hash tables, sort runs. All of them come from one source, chosen at start.
#ifndef COLUMNS_BUFFERS_H
#define COLUMNS_BUFFERS_H

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

// All that differs between the variants. A size of 0 does not occur; a failed request ends the program.
struct Source {
    void *(*take)(size_t bytes);
    void *(*take_zeroed)(size_t bytes);
    void *(*grow)(void *p, size_t old_bytes, size_t bytes); // contents stay
    void (*give)(void *p, size_t bytes);
};

extern Source source;
void open_source(const char *mode); // malloc, mmap, region or huge
void close_source();

// A buffer of plain values with a capacity, and how many of them are in use.
template <typename T>
class Buffer {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    Buffer() = default;
    explicit Buffer(size_t capacity) : data_(static_cast<T *>(source.take(bytes(capacity)))), capacity_(capacity) {}
    static Buffer zeroed(size_t size) {
        Buffer made;
        made.data_ = static_cast<T *>(source.take_zeroed(bytes(size)));
        made.capacity_ = made.size_ = size;
        return made;
    }
    static Buffer sized(size_t size) {
        Buffer made(size);
        made.size_ = size;
        return made;
    }
    Buffer(Buffer &&other) noexcept { swap(other); }
    Buffer &operator=(Buffer &&other) noexcept {
        Buffer taken(std::move(other));
        swap(taken);
        return *this;
    }
    ~Buffer() {
        if (data_ != nullptr) source.give(data_, bytes(capacity_));
    }
    void swap(Buffer &other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    T &operator[](size_t i) { return data_[i]; }
    const T &operator[](size_t i) const { return data_[i]; }
    T *begin() { return data_; }
    T *end() { return data_ + size_; }
    const T *begin() const { return data_; }
    const T *end() const { return data_ + size_; }
    size_t size() const { return size_; }

    void keep(size_t size) { size_ = size; } // at most the capacity
    void push(const T &value) {
        if (size_ == capacity_) grow();
        data_[size_++] = value;
    }

private:
    static constexpr size_t bytes(size_t count) { return (count != 0 ? count : 1) * sizeof(T); }
    [[gnu::noinline]] void grow() {
        const size_t capacity = capacity_ != 0 ? 2 * capacity_ : (size_t{64} << 10) / sizeof(T);
        data_ = static_cast<T *>(data_ == nullptr ? source.take(bytes(capacity)) : source.grow(data_, bytes(capacity_), bytes(capacity)));
        capacity_ = capacity;
    }

    T *data_ = nullptr;
    size_t size_ = 0, capacity_ = 0;
};

#endif
