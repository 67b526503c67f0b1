// The same in C++: a standard container whose memory comes from a handle.
#include <allockit.h>

#include <cstddef>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <string_view>

struct HeapEnd {
  void operator()(akit_tiered* h) const { akit_tiered_destroy(h, 0); }
};
using Heap = std::unique_ptr<akit_tiered, HeapEnd>;

template <class T>
struct InHeap {
  using value_type = T;
  akit_tiered* heap;
  explicit InHeap(akit_tiered* h) : heap(h) {}
  template <class U> InHeap(const InHeap<U>& other) : heap(other.heap) {}
  T* allocate(std::size_t n) {
    void* p = akit_tiered_calloc(heap, n, sizeof(T));
    if (p == nullptr) throw std::bad_alloc();
    return static_cast<T*>(p);
  }
  void deallocate(T* p, std::size_t n) { akit_tiered_free_sized(heap, p, n * sizeof(T)); }
  template <class U> bool operator==(const InHeap<U>& other) const { return heap == other.heap; }
  template <class U> bool operator!=(const InHeap<U>& other) const { return heap != other.heap; }
};

int main() {
  akit_tiered* made = nullptr;
  if (akit_tiered_create(nullptr, &made) < 0) return 1;
  Heap heap(made);
  using Pair = std::pair<const std::string_view, unsigned>;
  unsigned most = 0;
  std::size_t different = 0;
  {
    std::map<std::string_view, unsigned, std::less<>, InHeap<Pair>> counts{InHeap<Pair>(heap.get())};
    for (std::string_view w : {"the", "quick", "fox", "and", "the", "slow", "fox", "and", "the", "end"})
      most = ++counts[w] > most ? counts[w] : most;
    different = counts.size();
  }
  akit_tiered_stats st = AKIT_TIERED_STATS_INIT;
  akit_tiered_stats_get(heap.get(), &st);
  std::printf("%zu words, %u at most, %llu blocks\n", different, most, static_cast<unsigned long long>(st.allocs_total));
  return st.used_bytes != 0 || st.misuses_total != 0;
}
