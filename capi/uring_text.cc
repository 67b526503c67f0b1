// akit_uring_probe_text: whether io_uring is allowed, how much memory may be registered, and how to
// be allowed more.
#include <allockit/uring.h>

#include <cerrno>

#include "text.h"
#include "uring/api.h"

namespace {

using akit::abi::Text;
using akit::uring::ProbeInfo;

void bytes_of(Text& t, std::uint64_t n) {
  if (n == AKIT_NONE) return t.put("unlimited");
  t.put(n);
  t.put(" bytes");
}

void availability(Text& t, const ProbeInfo& p) {
  t.put("io_uring: ");
  if (p.available != 0) {
    t.put(p.error == ENOMEM ? "allowed, but there is no locked memory left for a ring\n" : "allowed\n");
    return;
  }
  if (p.error == ENOSYS)
    t.put("this kernel has none\n");
  else
    t.put("forbidden, by the sysctl kernel.io_uring_disabled or by a filter of system calls such as a "
          "container's default profile\n");
}

void limits(Text& t, const ProbeInfo& p) {
  t.put("locked memory (RLIMIT_MEMLOCK): ");
  bytes_of(t, p.soft);
  t.put(", may be raised to ");
  bytes_of(t, p.hard);
  t.put("\nlocked and pinned by this process: ");
  bytes_of(t, p.used);
  t.put("; all processes of a user share one limit\nCAP_IPC_LOCK: ");
  t.put(p.ipc_lock != 0 ? "yes, the limit does not hold\n" : "no, the limit holds\n");
}

// What the process has is part of what all have, so the answer is "not enough" or "may be enough".
void need(Text& t, const ProbeInfo& p, std::uint64_t bytes) {
  t.put("to register: ");
  bytes_of(t, bytes);
  if (p.ipc_lock != 0 || p.soft == AKIT_NONE) return t.put(", no limit stands against it\n");
  const std::uint64_t left = p.soft > p.used ? p.soft - p.used : 0;
  if (bytes <= left) return t.put(", which the limit allows unless other processes use it up\n");
  t.put(", more than the limit leaves\n");
  if (p.hard == AKIT_NONE || bytes <= p.hard - (p.used < p.hard ? p.used : p.hard)) {
    t.put("  raise it in the shell that starts the program: ulimit -l ");
    t.put((p.used + bytes + 1023) / 1024);
    t.put('\n');
  }
  t.put("  as root, for one program: setcap cap_ipc_lock+ep PROGRAM\n"
        "  for a service: LimitMEMLOCK=infinity\n"
        "  for a user, in /etc/security/limits.conf: USER - memlock unlimited\n"
        "what is refused stays unregistered, and plain reads and writes go on\n");
}

}  // namespace

extern "C" int akit_uring_probe_text(uint64_t bytes, char* buf, size_t size, size_t* need_out) {
  if (need_out) *need_out = 0;
  if (buf == nullptr && size != 0) return -EINVAL;
  Text t(buf, size);
  const ProbeInfo p = akit::uring::probe();
  availability(t, p);
  limits(t, p);
  if (bytes != 0) need(t, p, bytes);
  return t.finish(need_out);
}
