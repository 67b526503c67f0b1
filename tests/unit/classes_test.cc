// Sizes to classes and back.
#include <gtest/gtest.h>

#include "core.h"
#include "heap/size_class.h"

using namespace akit;
using namespace akit::heap;

TEST(SizeClass, SmallestThatFits) {
  EXPECT_EQ(class_of_size(0), 0u);
  for (std::size_t n = 1; n < 300000; ++n) {
    unsigned c = class_of_size(n);
    ASSERT_GE(size_of_class(c), n);
    ASSERT_LT(size_of_class(c - 1), n);
  }
  for (unsigned lg = 18; lg <= 31; ++lg)
    for (std::size_t n : {(std::size_t{1} << lg) - 1, std::size_t{1} << lg, (std::size_t{1} << lg) + 1}) {
      if (n > kMaxSized) continue;
      unsigned c = class_of_size(n);
      ASSERT_GE(size_of_class(c), n);
      ASSERT_LT(size_of_class(c - 1), n);
    }
}

TEST(SizeClass, GrowStrictlyAndWasteAtMostAFifth) {
  for (unsigned c = 2; c <= kLastSized; ++c) {
    ASSERT_GT(size_of_class(c), size_of_class(c - 1));
    ASSERT_EQ(class_of_size(size_of_class(c)), c);
    if (c > kLinear) {
      ASSERT_LE(size_of_class(c) - size_of_class(c - 1), size_of_class(c) / 5 + 1);
    }
  }
  EXPECT_EQ(size_of_class(kLastSized), kMaxSized);
}

TEST(SizeClass, StridesHoldTheBlockAndItsAlignment) {
  for (unsigned c = 1; c < kClasses; ++c) {
    ASSERT_GE(stride_of_class(c), size_of_class(c));
    ASSERT_EQ(stride_of_class(c) % 16, 0u);
    ASSERT_EQ(stride_of_class(c) % slab_alignment_of_class(c), 0u);
  }
  for (unsigned c = kFirstNatural; c < kClasses; ++c) ASSERT_EQ(stride_of_class(c), size_of_class(c));
}
