// errno belongs to the caller: free functions promise to preserve it.
#pragma once
#include <errno.h>

namespace akit::os {

struct KeepErrno {
  int saved = errno;
  ~KeepErrno() { errno = saved; }
};

}  // namespace akit::os
