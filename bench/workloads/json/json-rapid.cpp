// Parses a JSON file with RapidJSON, counts its nodes and drops the tree, again and again, on one or more threads.
//
//   json-rapid MODE FILE DOCUMENTS THREADS
//
// MODE malloc: malloc, realloc and free; pool: RapidJSON's own pool allocator; handle: a handle per document, every value
// freed, then the handle; drop: values are not freed, the handle is destroyed with the tree in it.
#include "../common/program.h"

#include <rapidjson/document.h>

#include <memory>
#include <thread>
#include <vector>

namespace {

// Free is static in RapidJSON's concept, so the block's owner is found by its address.
template <bool FreeValues>
class HandleAllocator {
public:
    static constexpr bool kNeedFree = FreeValues;
    HandleAllocator() = default;
    explicit HandleAllocator(akit_tiered *handle) : handle_(handle) {}
    void *Malloc(size_t size) { return size != 0 ? akit_tiered_alloc(handle_, size) : nullptr; }
    void *Realloc(void *p, size_t, size_t size) {
        if (size == 0) {
            akit_free(p);
            return nullptr;
        }
        return akit_tiered_realloc(handle_, p, size);
    }
    static void Free(void *p) { akit_free(p); }
    bool operator==(const HandleAllocator &other) const { return handle_ == other.handle_; }
    bool operator!=(const HandleAllocator &other) const { return handle_ != other.handle_; }

private:
    akit_tiered *handle_ = nullptr;
};

struct Counts {
    unsigned long nodes = 0;
    unsigned long string_bytes = 0;
};

template <typename Value>
void count(const Value &value, Counts &counts) {
    counts.nodes++;
    if (value.IsString()) {
        counts.string_bytes += value.GetStringLength();
    } else if (value.IsArray()) {
        for (const auto &element : value.GetArray()) count(element, counts);
    } else if (value.IsObject()) {
        for (const auto &member : value.GetObject()) count(member.value, counts);
    }
}

template <typename Document>
void parse_and_count(Document &document, const char *text, size_t size, Counts &counts) {
    document.Parse(text, size);
    if (document.HasParseError()) die("RapidJSON cannot parse the file");
    count(document, counts);
}

template <typename Allocator>
void with_own_allocator(const char *text, size_t size, Counts &counts) {
    rapidjson::GenericDocument<rapidjson::UTF8<>, Allocator> document;
    parse_and_count(document, text, size, counts);
}

template <bool FreeValues>
void with_handle(const char *text, size_t size, Counts &counts) {
    using Allocator = HandleAllocator<FreeValues>;
    akit_tiered *handle = new_handle(0);
    {
        Allocator allocator(handle);
        rapidjson::GenericDocument<rapidjson::UTF8<>, Allocator, Allocator> document(&allocator, 1024, &allocator);
        parse_and_count(document, text, size, counts);
    }
    drop_handle(handle);
}

using Step = void (*)(const char *, size_t, Counts &);

Step choose(const char *mode) {
    if (strcmp(mode, "malloc") == 0) return with_own_allocator<rapidjson::CrtAllocator>;
    if (strcmp(mode, "pool") == 0) return with_own_allocator<rapidjson::MemoryPoolAllocator<>>;
    start_purge_thread();
    return parse_mode(mode) == MODE_DROP ? with_handle<false> : with_handle<true>;
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 5) die("usage: json-rapid MODE FILE DOCUMENTS THREADS");
    const Step step = choose(argv[1]);
    size_t size = 0;
    const char *text = map_file(argv[2], &size);
    const long documents = strtol(argv[3], nullptr, 10);
    std::vector<Counts> counts(strtoul(argv[4], nullptr, 10));
    const auto work = [&](Counts &mine) {
        for (long i = 0; i < documents; i++) step(text, size, mine);
    };
    std::vector<std::thread> others;
    for (size_t i = 1; i < counts.size(); i++) others.emplace_back(work, std::ref(counts[i]));
    work(counts.at(0));
    for (auto &thread : others) thread.join();
    for (const Counts &mine : counts) {
        printf("%ld documents, %lu nodes, %lu bytes of text\n", documents, mine.nodes, mine.string_bytes);
    }
    return 0;
}
