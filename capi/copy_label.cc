#include "copy_label.h"

#include <dlfcn.h>

#include <cstdint>
#include <cstring>

#include "text.h"

namespace akit::abi {

namespace {
const char anchor = 0;
}

void copy_label(char (&out)[kCopyLabel]) noexcept {
  Dl_info info;
  const char* path = "static";
  if (dladdr(&anchor, &info) != 0 && info.dli_fname != nullptr) path = info.dli_fname;
  const char* slash = std::strrchr(path, '/');
  const char* base = slash ? slash + 1 : path;
  std::uint32_t hash = 0x811c9dc5;
  for (const char* s = path; *s; s++) hash = (hash ^ static_cast<unsigned char>(*s)) * 0x01000193;

  constexpr std::size_t suffix = 9;  // '-' and eight digits
  Text t(out, kCopyLabel);
  for (std::size_t i = 0; base[i] != '\0' && i + suffix + 1 < kCopyLabel; i++) t.put(base[i]);
  t.put('-');
  for (int shift = 28; shift >= 0; shift -= 4) t.hex(hash >> shift);
  t.finish(nullptr);
}

}  // namespace akit::abi
