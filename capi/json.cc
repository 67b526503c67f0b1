// Statistics as JSON. Keys are the field names of the structs.
#include <allockit/stats.h>

#include "heap/api.h"
#include "kinds.h"
#include "text.h"

namespace {

using akit::abi::Figures;
using akit::abi::KindTexts;
using akit::abi::Text;
namespace core = akit::heap;

void number(Text& t, const char* key, std::uint64_t value) {
  t.put(",\"");
  t.put(key);
  t.put("\":");
  t.put(value);
}

#define AKIT_NUMBER(name) number(t, #name, s.name);

void classes(const KindTexts& kind, Text& t, std::uint64_t id) {
  t.put(",\"classes\":[");
  const char* separator = "";
  akit::ClassStats s{};
  for (std::size_t index = 0; kind.read_class(id, index, &s) == 0; index++) {
    if (s.gets_total == 0) continue;
    t.put(separator);
    separator = ",";
    t.put("{\"index\":");
    t.put(std::uint64_t{index});
    AKIT_CLASS_STATS_FIELDS(AKIT_NUMBER)
    t.put('}');
  }
  t.put(']');
}

bool handle_of(const KindTexts& kind, Text& t, std::uint64_t id, const char* separator) {
  Figures figures;
  char name[64] = "";
  if (kind.read(id, &figures, name) < 0) return false;
  t.put(separator);
  t.put("{\"name\":");
  t.quoted(name);
  for (std::size_t i = 0; i < kind.count; i++) number(t, kind.fields[i], figures.of[i]);
  if (kind.read_class) classes(kind, t, id);
  t.put('}');
  return true;
}

bool handle(Text& t, std::uint64_t id, const char* separator) {
  for (const KindTexts& kind : akit::abi::kinds)
    if (handle_of(kind, t, id, separator)) return true;
  return false;
}

void process(Text& t) {
  akit::ProcessStats s{};
  core::process_stats_get(&s);
  t.put("{\"version\":\"" AKIT_VERSION_STRING "\"");
  AKIT_PROCESS_STATS_FIELDS(AKIT_NUMBER)
  t.put('}');
}

#undef AKIT_NUMBER

void everything(Text& t) {
  t.put("{\"process\":");
  process(t);
  t.put(",\"handles\":[");
  const char* separator = "";
  std::uint64_t id = 0;
  std::uint32_t kind = 0;
  while (core::handle_next(&id, &kind) == 0)
    if (handle(t, id, separator)) separator = ",";
  t.put("]}");
}

}  // namespace

extern "C" int akit_stats_json(uint64_t id, char* buf, size_t size, size_t* need) {
  if (need) *need = 0;
  if (buf == nullptr && size != 0) return -EINVAL;
  Text t(buf, size);
  if (id == 0) {
    everything(t);
  } else if (!handle(t, id, "")) {
    if (size > 0) buf[0] = '\0';
    return -ENOENT;
  }
  t.put('\n');
  return t.finish(need);
}
