"""
Layouts are frozen: layout.txt has a line per field, `struct field offset size`, and only ever grows.
`layout.py --update ...` appends the lines of new fields and structs; it never changes a line.
"""
import os
import subprocess
import sys
import tempfile

from headers import structs
from report import check, finish

arguments = [a for a in sys.argv[1:] if a != "--update"]
include, recorded_path = arguments[0], arguments[1]

program = "#include <allockit.h>\n#include <allockit/io.h>\n#include <stddef.h>\n#include <stdio.h>\nint main(void) {\n"
for _, struct, fields in structs(include):
    for field in fields:
        program += 'printf("%s %s %%zu %%zu\\n", offsetof(%s, %s), sizeof(((%s *)0)->%s));\n' % (
            struct, field, struct, field, struct, field)
program += "return 0;\n}\n"
with tempfile.TemporaryDirectory() as folder:
    exe = os.path.join(folder, "layout")
    subprocess.run(["cc", "-I", include, "-x", "c", "-", "-o", exe], input=program, text=True, check=True)
    actual = subprocess.run([exe], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()

# Elements of arrays: final.
WITHOUT_SIZE = {"akit_io_event"}

recorded = open(recorded_path).read().splitlines() if os.path.exists(recorded_path) else []
new = [l for l in actual if l not in recorded]
if "--update" in sys.argv:
    with open(recorded_path, "a") as file:
        file.writelines(l + "\n" for l in new)
    print("%d lines added" % len(new))
    sys.exit(0)

for struct in sorted({l.split()[0] for l in recorded + actual}):
    old = [l for l in recorded if l.split()[0] == struct]
    now = [l for l in actual if l.split()[0] == struct]
    problems = ["changed or gone: " + l for l in old if l not in now]
    problems += ["not recorded (layout.py --update): " + l for l in now if l not in old]
    end = 0
    for line in now:
        offset, size = map(int, line.split()[2:])
        if offset != end:
            problems.append("padding before " + line)
        end = offset + size
    if struct in WITHOUT_SIZE:
        check("layout_of_" + struct, problems)
        continue
    if not now or now[0].split()[1:] != ["struct_size", "0", "8"]:
        problems.append("does not begin with struct_size")
    check("layout_of_" + struct, problems)
finish()
