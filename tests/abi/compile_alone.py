"""Each public header compiles alone, twice in one file, as C11 and as C++17 and C++20, with every compiler there is."""
import os
import shutil
import subprocess
import sys

from headers import header_files
from report import check, finish, report

include = sys.argv[1]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wundef", "-Wshadow", "-Wconversion", "-Wold-style-cast"]
VARIANTS = [
    ("gcc", ["-std=c11", "-x", "c"]),
    ("clang", ["-std=c11", "-x", "c"]),
    ("musl-gcc", ["-std=c11", "-x", "c"]),
    ("g++", ["-std=c++17", "-x", "c++"]),
    ("g++", ["-std=c++20", "-x", "c++"]),
    ("clang++", ["-std=c++17", "-x", "c++"]),
    ("clang++", ["-std=c++20", "-x", "c++"]),
]

def has_liburing(compiler, options):
    return subprocess.run([compiler, *options, "-fsyntax-only", "-D_GNU_SOURCE", "-"], text=True, input="#include <liburing.h>\n",
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


for compiler, options in VARIANTS:
    case = "headers_alone_%s_%s" % (compiler.replace("+", "p").replace("-", "_"), options[0][5:].replace("+", "p"))
    if not shutil.which(compiler):
        report("skip", case, compiler + " is not installed")
        continue
    problems = []
    for path in header_files(include):
        name = os.path.relpath(path, include)
        extra = []
        if name == "allockit/liburing.h":  # on top of liburing's own header, which wants this macro
            if not has_liburing(compiler, options):
                continue
            extra = ["-D_GNU_SOURCE"]
        warnings = [w for w in WARNINGS if w != "-Wold-style-cast" or "++" in options[0]]
        run = subprocess.run([compiler, *options, *warnings, "-Werror", *extra, "-I", include, "-fsyntax-only", "-"], text=True,
                             input="#include <%s>\n#include <%s>\nint main(void) { return 0; }\n" % (name, name),
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if run.returncode:
            problems.append(name + ": " + run.stdout.strip().replace("\n", " | ")[:300])
    check(case, problems)

macros = subprocess.run(["cc", "-dM", "-E", "-I", include, "-"], input="#include <stddef.h>\n#include <stdint.h>\n",
                        stdout=subprocess.PIPE, text=True, check=True).stdout
ours = subprocess.run(["cc", "-dM", "-E", "-I", include, "-"], input="#include <allockit.h>\n",
                      stdout=subprocess.PIPE, text=True, check=True).stdout
new = {l.split()[1] for l in ours.splitlines()} - {l.split()[1] for l in macros.splitlines()}
check("headers_define_only_our_macros", sorted(m for m in new if not m.startswith(("AKIT_", "ALLOCKIT_"))))
finish()
