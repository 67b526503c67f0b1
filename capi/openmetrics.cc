// Statistics as OpenMetrics text. The format wants all samples of one metric together, so handles
// are looked up once per metric. Ids and kinds of handles are no metrics.
#include <allockit/stats.h>

#include <cstring>

#include "copy_label.h"
#include "series.h"
#include "text.h"
#include "heap/api.h"

namespace {

using akit::TieredStats;
using akit::abi::Series;
using akit::abi::Text;
namespace core = akit::heap;

enum class Source { tiered, process };

bool ends_with(const char* s, const char* tail) {
  const std::size_t n = std::strlen(s), m = std::strlen(tail);
  return n >= m && std::memcmp(s + n - m, tail, m) == 0;
}

// The lines in front of the samples. A counter is announced without _total; a unit must be the
// last part of the name.
void announce(Text& t, Source source, const char* field) {
  char name[64];
  std::strncpy(name, field, sizeof name - 1);
  name[sizeof name - 1] = '\0';
  const bool counter = ends_with(name, "_total");
  if (counter) name[std::strlen(name) - 6] = '\0';
  const char* unit = ends_with(name, "_bytes") ? "bytes" : ends_with(name, "_ns") ? "ns" : nullptr;
  const char* prefix = source == Source::tiered ? "allockit_tiered_" : "allockit_process_";
  const auto line = [&](const char* word) {
    t.put(word);
    t.put(prefix);
    t.put(name);
    t.put(' ');
  };
  line("# TYPE ");
  t.put(counter ? "counter\n" : "gauge\n");
  if (unit) {
    line("# UNIT ");
    t.put(unit);
    t.put('\n');
  }
  line("# HELP ");
  t.put("Field ");
  t.put(field);
  t.put(source == Source::tiered ? " of akit_tiered_stats.\n" : " of akit_process_stats.\n");
}

void value(Text& t, std::uint64_t n) {
  t.put(' ');
  if (n == AKIT_NONE)
    t.put("+Inf");
  else
    t.put(n);
  t.put('\n');
}

void tiered_sample(Text& t, const char* field, const char* handle, const char* copy,
                   std::uint64_t n) {
  t.put("allockit_tiered_");
  t.put(field);
  t.put("{handle=");
  t.quoted(handle);
  t.put(",copy=");
  t.quoted(copy);
  t.put('}');
  value(t, n);
}

using Field = std::uint64_t TieredStats::*;

void tiered_metric(Text& t, const Series& series, const char* copy, const char* name, Field field) {
  if (std::strcmp(name, "id") == 0 || std::strcmp(name, "kind") == 0) return;
  announce(t, Source::tiered, name);
  if (series.has_unnamed()) tiered_sample(t, name, "", copy, series.unnamed().*field);
  series.each_named([&](const char* handle, const TieredStats& s) {
    tiered_sample(t, name, handle, copy, s.*field);
  });
}

void tiered_metrics(Text& t, const Series& series, const char* copy) {
#define AKIT_METRIC(name) tiered_metric(t, series, copy, #name, &TieredStats::name);
  AKIT_HANDLE_STATS_FIELDS(AKIT_METRIC)
  AKIT_TIERED_STATS_FIELDS(AKIT_METRIC)
#undef AKIT_METRIC
}

void process_metrics(Text& t, const char* copy) {
  akit::ProcessStats s{};
  core::process_stats_get(&s);
  const auto metric = [&](const char* name, std::uint64_t n) {
    announce(t, Source::process, name);
    t.put("allockit_process_");
    t.put(name);
    t.put("{copy=");
    t.quoted(copy);
    t.put('}');
    value(t, n);
  };
#define AKIT_METRIC(name) metric(#name, s.name);
  AKIT_PROCESS_STATS_FIELDS(AKIT_METRIC)
#undef AKIT_METRIC
}

}  // namespace

extern "C" int akit_stats_openmetrics(uint64_t id, char* buf, size_t size, size_t* need) {
  if (need) *need = 0;
  if (buf == nullptr && size != 0) return -EINVAL;
  Text t(buf, size);
  char copy[akit::abi::kCopyLabel];
  akit::abi::copy_label(copy);
  Series series;
  if (id == 0) {
    series.add_all();
    process_metrics(t, copy);
  } else if (!series.add(id)) {
    if (size > 0) buf[0] = '\0';
    return -ENOENT;
  }
  tiered_metrics(t, series, copy);
  if (id == 0) t.put("# EOF\n");
  return t.finish(need);
}
