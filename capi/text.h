// Writes text into a caller's buffer, counting on beyond its end, so that one pass both writes the
// text and finds out how much room it takes. No stdio: the library must not call malloc.
#pragma once
#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace akit::abi {

class Text {
 public:
  Text(char* buf, std::size_t size) noexcept : buf_(buf), size_(size) {}

  void put(char c) noexcept {
    if (length_ < size_) buf_[length_] = c;
    length_++;
  }

  void put(const char* s) noexcept {
    while (*s) put(*s++);
  }

  void put(std::uint64_t n) noexcept {
    char digits[20];
    int i = 0;
    do digits[i++] = static_cast<char>('0' + n % 10);
    while (n /= 10);
    while (i > 0) put(digits[--i]);
  }

  // Between quotes. JSON and OpenMetrics agree on these escapes; other control characters occur
  // only in JSON, where they must be escaped.
  void quoted(const char* s) noexcept {
    put('"');
    for (; *s; s++) {
      const auto c = static_cast<unsigned char>(*s);
      if (c == '"' || c == '\\') {
        put('\\');
        put(*s);
      } else if (c == '\n') {
        put("\\n");
      } else if (c < 0x20) {
        put("\\u00");
        hex(c >> 4);
        hex(c & 15);
      } else {
        put(*s);
      }
    }
    put('"');
  }

  void hex(std::uint32_t digit) noexcept { put("0123456789abcdef"[digit & 15]); }

  // All or nothing: a text that does not fit leaves an empty string.
  int finish(std::size_t* need) noexcept {
    put('\0');
    if (need) *need = length_;
    if (length_ <= size_) return 0;
    if (size_ > 0) buf_[0] = '\0';
    return -ENOSPC;
  }

 private:
  char* buf_;
  std::size_t size_;
  std::size_t length_ = 0;
};

}  // namespace akit::abi
