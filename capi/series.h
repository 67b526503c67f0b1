// Which handles share a series of metrics: one series for each name, and one for all handles
// without a name, because a handle per connection must not make a series per connection.
#pragma once
#include <allockit/base.h>

#include "heap/api.h"

namespace akit::abi {

// Saturates, since AKIT_NONE stands for "no limit".
inline std::uint64_t sum(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t r;
  return __builtin_add_overflow(a, b, &r) ? AKIT_NONE : r;
}

inline void add_to(TieredStats& total, const TieredStats& s) noexcept {
#define AKIT_ADD(name) total.name = sum(total.name, s.name);
  AKIT_HANDLE_STATS_FIELDS(AKIT_ADD)
  AKIT_TIERED_STATS_FIELDS(AKIT_ADD)
#undef AKIT_ADD
}

class Series {
 public:
  bool add(std::uint64_t id) noexcept {
    TieredStats s{};
    char name[64] = "";
    if (heap::stats_by_id(id, &s, name) < 0) return false;
    if (name[0] != '\0' && named_ < kMostNamed) {
      insert({hash(name), id});
    } else {
      add_to(unnamed_, s);
      has_unnamed_ = true;
    }
    return true;
  }

  void add_all() noexcept {
    std::uint64_t id = 0;
    std::uint32_t kind = 0;
    while (heap::handle_next(&id, &kind) == 0) add(id);
  }

  bool has_unnamed() const noexcept { return has_unnamed_; }
  const TieredStats& unnamed() const noexcept { return unnamed_; }

  // use(name, figures of all handles of this name)
  template <class Use>
  void each_named(Use use) const noexcept {
    for (unsigned i = 0; i < named_;) {
      TieredStats total{}, s{};
      char name[64] = "", other[64];
      const std::uint64_t same = entry_[i].hash;
      for (; i < named_ && entry_[i].hash == same; i++)
        if (heap::stats_by_id(entry_[i].id, &s, name[0] ? other : name) == 0) add_to(total, s);
      if (name[0] != '\0') use(name, total);
    }
  }

 private:
  // Lives on the stack. More names than this are no help to anyone who looks at graphs; the
  // handles beyond are added to those without a name.
  static constexpr unsigned kMostNamed = 512;

  struct Entry {
    std::uint64_t hash;
    std::uint64_t id;
  };

  static std::uint64_t hash(const char* s) noexcept {
    std::uint64_t h = 0xcbf29ce484222325;
    for (; *s; s++) h = (h ^ static_cast<unsigned char>(*s)) * 0x100000001b3;
    return h;
  }

  // Sorted by name's hash, so that equal names are neighbours.
  void insert(Entry e) noexcept {
    unsigned i = named_++;
    for (; i > 0 && entry_[i - 1].hash > e.hash; i--) entry_[i] = entry_[i - 1];
    entry_[i] = e;
  }

  TieredStats unnamed_{};
  Entry entry_[kMostNamed];
  unsigned named_ = 0;
  bool has_unnamed_ = false;
};

}  // namespace akit::abi
