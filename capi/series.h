// Which handles share a series of metrics: one series for each name, and one for all handles
// without a name, because a handle per connection must not make a series per connection.
#pragma once
#include <allockit/base.h>

#include <cstring>

#include "kinds.h"

namespace akit::abi {

// The figures of several handles as one. Most are sums, which say nothing about points in time.
class Total {
 public:
  explicit Total(const KindTexts& kind) noexcept : kind_(kind) {}

  void add(const Figures& s) noexcept {
    if (any_)
      for (std::size_t i = 0; i < kind_.count; i++) merge(kind_.fields[i], total_.of[i], s.of[i], s);
    else
      total_ = s;
    any_ = true;
  }

  bool any() const noexcept { return any_; }
  const Figures& figures() const noexcept { return total_; }

 private:
  static bool is(const char* field, const char* name) noexcept {
    return std::strcmp(field, name) == 0;
  }

  // Fields follow each other in the order of the struct: a reason is merged before its time.
  void merge(const char* field, std::uint64_t& total, std::uint64_t n, const Figures& s) noexcept {
    const std::size_t next = static_cast<std::size_t>(&total - total_.of) + 1;
    if (is(field, "purge_deadline_ns")) {
      if (n < total) total = n;
    } else if (is(field, "purge_overdue_ns") || is(field, "populate_max_ns") ||
               is(field, "last_fallback_unix_ns") || is(field, "state") ||
               is(field, "last_errno")) {
      if (n > total) total = n;
    } else if (is(field, "first_fallback_unix_ns")) {
      if (total == 0 || (n != 0 && n < total)) total = n;
    } else if (is(field, "last_fallback_reason")) {
      if (s.of[next] > total_.of[next]) total = n;
    } else if (__builtin_add_overflow(total, n, &total)) {
      total = AKIT_NONE;  // which stands for "no limit"
    }
  }

  const KindTexts& kind_;
  Figures total_{};
  bool any_ = false;
};

// Of all handles of one kind.
class Series {
 public:
  explicit Series(const KindTexts& kind) noexcept : kind_(kind), unnamed_(kind) {}

  void add(std::uint64_t id) noexcept {
    Figures s;
    char name[64] = "";
    if (kind_.read(id, &s, name) < 0) return;
    if (name[0] != '\0' && named_ < kMostNamed)
      insert({hash(name), id});
    else
      unnamed_.add(s);
  }

  void add_all() noexcept {
    std::uint64_t id = 0;
    std::uint32_t kind = 0;
    while (heap::handle_next(&id, &kind) == 0)
      if (kind == kind_.kind) add(id);
  }

  const KindTexts& kind() const noexcept { return kind_; }
  bool empty() const noexcept { return named_ == 0 && !has_unnamed(); }
  bool has_unnamed() const noexcept { return unnamed_.any(); }
  const Figures& unnamed() const noexcept { return unnamed_.figures(); }

  // use(name, figures of all handles of this name)
  template <class Use>
  void each_named(Use use) const noexcept {
    for (unsigned i = 0; i < named_;) {
      Total total(kind_);
      Figures s;
      char name[64] = "", other[64];
      const std::uint64_t same = entry_[i].hash;
      for (; i < named_ && entry_[i].hash == same; i++)
        if (kind_.read(entry_[i].id, &s, name[0] ? other : name) == 0) total.add(s);
      if (name[0] != '\0') use(name, total.figures());
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

  const KindTexts& kind_;
  Total unnamed_;
  Entry entry_[kMostNamed];
  unsigned named_ = 0;
};

}  // namespace akit::abi
