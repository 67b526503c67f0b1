#include "io/requests.h"

#include "io/handle.h"

namespace akit::io {

bool Requests::grow() noexcept {
  const std::uint32_t c = made_ / kPerChunk;
  if (c == kChunks) return false;
  chunks_[c] = static_cast<Request*>(memory_get(kPerChunk * sizeof(Request)));
  if (!chunks_[c]) return false;
  for (std::uint32_t i = kPerChunk; i-- > 0;) {
    Request& r = chunks_[c][i];
    r.number = made_ + i;
    r.next = free_;
    free_ = r.number;
  }
  made_ += kPerChunk;
  return true;
}

void Requests::end() noexcept {
  for (std::uint32_t c = 0; c < made_ / kPerChunk; c++) memory_put(chunks_[c]);
}

Request* Requests::acquire() noexcept {
  if (free_ == kNone && !grow()) return nullptr;
  Request& r = at(free_);
  free_ = r.next;
  live_++;
  r.generation = (r.generation + 1) % kGenerations;
  r.next = kNone;
  r.state = State::kKernel;
  r.fixed = r.cancelled = r.armed = false;
  return &r;
}

void Requests::release(Request* r) noexcept {
  r->state = State::kFree;
  r->next = free_;
  free_ = r->number;
  live_--;
}

Request* Requests::find(std::uint64_t name) noexcept {
  const auto number = static_cast<std::uint32_t>(name);
  if (number >= made_) return nullptr;
  Request& r = at(number);
  return r.name() == name && r.state == State::kKernel ? &r : nullptr;
}

}  // namespace akit::io
