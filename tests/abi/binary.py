"""
What the built files need and show: no C++ runtime, no visible names in the archive, hardening flags of the linker.
  binary.py SHARED STATIC SANITIZE [SONAME ALLOWED...]      ALLOWED: sonames it may need beside libc
"""
import re
import subprocess
import sys

from report import check, finish, report

shared, static = sys.argv[1], sys.argv[2]
sanitized = len(sys.argv) > 3 and sys.argv[3] != "none"
soname = sys.argv[4] if len(sys.argv) > 4 else "liballockit.so.0"
others = sys.argv[5:]


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


dynamic = output("readelf", "-dW", shared)
needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic)
allowed = r"(libc|libpthread|ld-linux[\w-]*)\.so\.\d+|libc\.musl-\w+\.so\.1"
if sanitized:
    report("skip", "needs_only_libc", "a sanitizer build needs its runtime")
else:
    check("needs_only_libc", [n for n in needed if n not in others and not re.fullmatch(allowed, n)])
check("soname", [] if "Library soname: [%s]" % soname in dynamic else ["not " + soname])
check("linked_nodelete_and_now", [w for w in ("NODELETE", "NOW") if w not in dynamic])
segments = output("readelf", "-lW", shared)
check("relro_and_no_executable_stack", [w for w in ["GNU_RELRO"] if w not in segments]
      + [l for l in segments.splitlines() if "GNU_STACK" in l and "E" in l.split()[6]])
check("no_text_relocations", ["TEXTREL"] if "TEXTREL" in dynamic else [])

undefined = set(output("nm", "-u", "--no-demangle", static).split())
defined = set(l.split()[2] for l in output("nm", "--defined-only", "--no-demangle", static).splitlines() if len(l.split()) == 3)
runtime = re.compile(r"_Zn[wa]|_Zd[la]|__cxa_|__gxx_|_Unwind_|_ZSt|_ZNSt|_ZTV|_ZNKSt")
check("archive_needs_no_cxx_runtime", sorted(n for n in undefined - defined if runtime.match(n)))
check("archive_never_calls_the_hosts_allocator",
      sorted(n for n in undefined - defined if re.fullmatch(r"(malloc|calloc|realloc|free|aligned_alloc|posix_memalign|f?printf|"
                                                            r"v?snprintf|fopen|fputs|puts|getenv_s|strdup)", n)))
visible = [l.split()[-1] for l in output("readelf", "-sW", static).splitlines()
           if re.search(r"\b(GLOBAL|WEAK)\s+DEFAULT\s+\d+\s+akit_", l)]
check("archive_hides_every_akit_name", sorted(set(visible)))
shown = [l.split()[-1] for l in output("readelf", "-sW", static).splitlines()
         if re.search(r"\bFUNC\s+(GLOBAL|WEAK)\s+DEFAULT\s+\d+\s", l)]
check("archive_shows_no_function", sorted(set(shown))[:5])
finish()
