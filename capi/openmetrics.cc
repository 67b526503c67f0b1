// Statistics as OpenMetrics text. The format wants all samples of one metric together, so handles
// are looked up once per metric. Ids and kinds of handles, and numbers of groups, are no metrics.
#include <allockit/stats.h>

#include <cstring>

#include "copy_label.h"
#include "heap/api.h"
#include "kinds.h"
#include "pool/api.h"
#include "series.h"
#include "text.h"

namespace {

using akit::abi::Figures;
using akit::abi::KindTexts;
using akit::abi::Series;
using akit::abi::Text;
namespace core = akit::heap;

bool is(const char* field, const char* name) { return std::strcmp(field, name) == 0; }

bool ends_with(const char* s, const char* tail) {
  const std::size_t n = std::strlen(s), m = std::strlen(tail);
  return n >= m && std::memcmp(s + n - m, tail, m) == 0;
}

void metric_name(Text& t, const char* source, const char* field) {
  t.put("allockit_");
  t.put(source);
  t.put('_');
  t.put(field);
}

// The lines in front of the samples. A counter is announced without _total; a unit must be the
// last part of the name.
void announce(Text& t, const char* source, const char* field, const char* structure) {
  char name[64];
  std::strncpy(name, field, sizeof name - 1);
  name[sizeof name - 1] = '\0';
  const bool counter = ends_with(name, "_total");
  if (counter) name[std::strlen(name) - 6] = '\0';
  const char* unit = ends_with(name, "_bytes") ? "bytes" : ends_with(name, "_ns") ? "ns" : nullptr;
  const auto line = [&](const char* word) {
    t.put(word);
    metric_name(t, source, name);
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
  t.put(" of akit_");
  t.put(structure);
  t.put("_stats.\n");
}

void value(Text& t, std::uint64_t n) {
  t.put(' ');
  if (n == AKIT_NONE)
    t.put("+Inf");
  else
    t.put(n);
  t.put('\n');
}

void sample(Text& t, const char* source, const char* field, const char* handle, const char* copy,
            std::uint64_t n) {
  metric_name(t, source, field);
  t.put("{handle=");
  t.quoted(handle);
  t.put(",copy=");
  t.quoted(copy);
  t.put('}');
  value(t, n);
}

// All handles of one kind.
void metrics(Text& t, const Series& series, const char* copy) {
  const KindTexts& kind = series.kind();
  if (series.empty()) return;
  for (std::size_t i = 0; i < kind.count; i++) {
    const char* field = kind.fields[i];
    if (is(field, "id") || is(field, "kind") || is(field, "group_id")) continue;
    announce(t, kind.name, field, kind.name);
    if (series.has_unnamed()) sample(t, kind.name, field, "", copy, series.unnamed().of[i]);
    series.each_named([&](const char* handle, const Figures& figures) {
      sample(t, kind.name, field, handle, copy, figures.of[i]);
    });
  }
}

#define AKIT_NAME(name) #name,
constexpr const char* kClassFields[] = {AKIT_CLASS_STATS_FIELDS(AKIT_NAME)};
#undef AKIT_NAME

void class_sample(Text& t, const char* field, const char* handle, const char* copy,
                  std::uint64_t id, std::uint64_t bytes, std::uint64_t n) {
  metric_name(t, "pool_class", field);
  t.put("{handle=");
  t.quoted(handle);
  t.put(",id=\"");
  t.put(id);
  t.put("\",block_bytes=\"");
  t.put(bytes);
  t.put("\",copy=");
  t.quoted(copy);
  t.put('}');
  value(t, n);
}

// Classes of pools: few, and what a pool is tuned by. Of named pools, or of the one that was asked for;
// pools of the same name may have other classes, so each has its own samples.
void pool_classes(Text& t, std::uint64_t only, const char* copy) {
  constexpr std::size_t n = sizeof kClassFields / sizeof *kClassFields;
  for (std::size_t i = 1; i < n; i++) {  // 0 is block_bytes, the label
    bool announced = false;
    std::uint64_t id = only ? only - 1 : 0;
    std::uint32_t kind = 0;
    while (core::handle_next(&id, &kind) == 0 && (!only || id == only)) {
      akit::PoolStats pool{};
      char name[64] = "";
      if (kind != core::kKindPool || akit::pool::stats_by_id(id, &pool, name) < 0) continue;
      if (!only && name[0] == '\0') continue;
      akit::ClassStats s{};
      for (std::size_t c = 0; akit::pool::class_stats_by_id(id, c, &s) == 0; c++) {
        if (!announced) announce(t, "pool_class", kClassFields[i], "class");
        announced = true;
        std::uint64_t figure;
        std::memcpy(&figure, reinterpret_cast<const char*>(&s) + (i + 1) * sizeof figure,
                    sizeof figure);
        class_sample(t, kClassFields[i], name, copy, id, s.block_bytes, figure);
      }
    }
  }
}

// A function of its own, so that the table of one kind is off the stack before the next.
__attribute__((noinline)) bool kind_metrics(Text& t, const KindTexts& kind, std::uint64_t id,
                                            const char* copy) {
  Series series(kind);
  if (id == 0)
    series.add_all();
  else
    series.add(id);
  metrics(t, series, copy);
  return !series.empty();
}

void process_metrics(Text& t, const char* copy) {
  akit::ProcessStats s{};
  core::process_stats_get(&s);
  const auto metric = [&](const char* name, std::uint64_t n) {
    announce(t, "process", name, "process");
    metric_name(t, "process", name);
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
  if (id == 0) process_metrics(t, copy);
  bool any = id == 0;
  for (const KindTexts& kind : akit::abi::kinds) any |= kind_metrics(t, kind, id, copy);
  pool_classes(t, id, copy);
  if (!any) {
    if (size > 0) buf[0] = '\0';
    return -ENOENT;
  }
  if (id == 0) t.put("# EOF\n");
  return t.finish(need);
}
