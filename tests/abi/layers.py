"""Includes in src/ only go down, as drawn in src/README.md; only os/ makes system calls; the ABI names live in capi/."""
import os
import re
import sys

from report import check, finish

root = sys.argv[1]
ORDER = ["base", "os", "cache", "pages", "heap", "region", "huge", "pool", "ring", "arena", "nodes", "tiered", "uring", "io"]  # bottom to top

upward, unknown, system, beyond = [], [], [], []
SYSTEM = re.compile(r"<(sys/(mman|syscall|prctl|resource|socket)|linux/.*|unistd|pthread|sched|fcntl|signal|time|stdio|stdlib|malloc)\.?h?>")
for layer in sorted(os.listdir(os.path.join(root, "src"))):
    folder = os.path.join(root, "src", layer)
    if not os.path.isdir(folder):
        continue
    if layer not in ORDER:
        unknown.append("src/%s has no place in the order" % layer)
        continue
    for directory, _, files in os.walk(folder):
        for file in sorted(files):
            if not file.endswith((".h", ".cc", ".c")):
                continue
            path = os.path.join(directory, file)
            name = os.path.relpath(path, root)
            if layer == "io":  # another library: of this folder it knows itself, and the kit through its public headers
                beyond += ["%s includes %s" % (name, i) for i in re.findall(r'^\s*#\s*include\s+"([^"]+)"', open(path).read(), re.M)
                           if not i.startswith("io/")]
            elif "<liburing" in open(path).read():
                beyond.append(name + " includes liburing")
            for include in re.findall(r'^\s*#\s*include\s+(["<][^">]+[">])', open(path).read(), re.M):
                target = include.strip('"<>').split("/")[0]
                if include[0] == '"' and target in ORDER and ORDER.index(target) > ORDER.index(layer):
                    upward.append("%s includes %s" % (name, include))
                if layer != "os" and SYSTEM.match(include):
                    system.append("%s includes %s" % (name, include))
check("every_folder_of_src_is_a_layer", unknown)
check("includes_only_go_down", upward)
check("io_stands_on_the_public_headers_and_liburing", beyond)
check("only_os_includes_system_headers", system)

drawn = open(os.path.join(root, "src", "README.md")).read() if os.path.exists(os.path.join(root, "src", "README.md")) else ""
check("src_readme_names_every_layer", [layer for layer in ORDER if not re.search(r"\b%s\b" % layer, drawn)])
finish()
