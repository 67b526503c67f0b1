"""
The names of the C ABI are the same everywhere: headers, version scripts, shared libraries, bindings.
  symbols.py ROOT LIBALLOCKIT.SO [LIBALLOCKIT_IO.SO]
"""
import os
import re
import subprocess
import sys

from headers import functions
from report import check, finish, report

root = sys.argv[1]
include = os.path.join(root, "capi", "include")


def differ(a, b, a_name, b_name):
    return ["%s only in %s" % (n, a_name) for n in sorted(a - b)] + ["%s only in %s" % (n, b_name) for n in sorted(b - a)]


def check_library(name, path, before):
    names = set(functions(include, name))
    node_name = name.upper() + r"_\d+\.\d+"
    script = re.sub(r"#.*", "", open(os.path.join(root, "capi", name + ".map")).read())
    check(before + "headers_equal_version_script", differ(names, set(re.findall(r"\b(akit_\w+)\s*;", script)), "headers", "script"))

    dynamic = subprocess.run(["nm", "-D", "--defined-only", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    exported, nodes = set(), set()
    for line in dynamic.splitlines():
        symbol, _, node = line.split()[2].partition("@@")
        if line.split()[1] == "A":
            nodes.add(symbol)
        else:
            exported.add(symbol)
            nodes.add(node)
    check(before + "headers_equal_exports", differ(names, exported, "headers", "library"))
    check(before + "exports_carry_the_version_node", ["node %r" % n for n in nodes if not re.fullmatch(node_name, n)])


check_library("allockit", sys.argv[2], "")
if len(sys.argv) > 3:
    check_library("allockit_io", sys.argv[3], "io_")
else:
    report("skip", "io_headers_equal_exports", "liballockit_io was not built: no liburing")
declared = {**functions(include), **functions(include, "allockit_io")}
names = set(declared)


def sources(folder, *endings):
    for directory, folders, files in os.walk(os.path.join(root, folder)):
        folders[:] = [f for f in folders if f not in ("target", "build", "node_modules") and not f.startswith(".")]
        for file in files:
            if file.endswith(endings):
                yield os.path.join(directory, file)


TYPES = re.compile(r"akit_\w+_(config|stats|info|system|event)$|akit_(tiered|region|huge|pool|ring|arena|nodes|uring|uring_group|io)$")


def used_by(folder, *endings):
    found = set()
    for path in sources(folder, *endings):
        text = re.sub(r"//.*", "", open(path).read()) if not path.endswith(".mojo") else re.sub(r"#.*", "", open(path).read())
        found |= set(re.findall(r"\b(akit_[a-z0-9_]+)\b", text))
    return {n for n in found if not TYPES.search(n)}


# A binding may leave out what has no use in its language; it may not use a name that does not exist.
for language, folder, endings in (("rust", "bindings/rust/allockit-sys", (".rs",)), ("go", "bindings/go", (".go",)),
                                  ("mojo", "bindings/mojo", (".mojo",))):
    used = used_by(folder, *endings)
    if not used:
        report("skip", "names_used_by_" + language, "no sources in " + folder)
        continue
    check("names_used_by_" + language, ["%s does not exist" % n for n in sorted(used - names)])
    left_out = names - used
    if language == "rust":
        check("rust_declares_every_function", sorted(left_out))
    else:
        print("# %s leaves out %d: %s" % (language, len(left_out), " ".join(sorted(left_out))))

wrong = []
for path in sources("bindings/rust/allockit-sys", ".rs"):
    for name, arguments in re.findall(r"\bfn (akit_\w+)\s*\((.*?)\)\s*(?:->[^;]*)?;", open(path).read(), re.S):
        arity = len(re.findall(r"\w+\s*:", re.sub(r"fn\s*\([^)]*\)", "fn", arguments)))
        if name in declared and arity != declared[name]:
            wrong.append("%s takes %d, declared with %d" % (name, declared[name], arity))
check("rust_declares_the_same_number_of_arguments", wrong)
finish()
