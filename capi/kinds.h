// What the texts about statistics need to know of each kind of handle. The structs of figures have
// nothing but uint64_t, so here they are arrays, in the order of the fields.
#pragma once
#include "heap/api.h"

namespace akit::abi {

inline constexpr std::size_t kMostFields = 64;

struct Figures {
  std::uint64_t of[kMostFields];  // without struct_size
};

struct KindTexts {
  std::uint32_t kind;
  const char* name;           // as in akit_<name>_stats
  const char* const* fields;  // names of them
  std::size_t count;
  // Of one class, NULL where there are none; -ENOENT ends the walk.
  int (*read_class)(std::uint64_t id, std::size_t index, ClassStats* out) noexcept;
  // -ENOENT when there is no such handle, or it is one of another kind.
  int (*read)(std::uint64_t id, Figures* out, char name[64]) noexcept;
};

inline constexpr std::size_t kKinds = 9;
extern const KindTexts kinds[kKinds];

}  // namespace akit::abi
