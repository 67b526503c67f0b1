#!/usr/bin/env python3
"""The programs of README.md: every C block with a main, and the shell block behind it that builds and runs it.

readme.py README FOLDER     writes the programs to FOLDER and prints, for each, a line of three fields between tabs: its name, the command,
                            and what it must print.
"""
import pathlib
import re
import sys

text = pathlib.Path(sys.argv[1]).read_text()
folder = pathlib.Path(sys.argv[2])
pattern = re.compile(r"^```c\n(.*?)^```\n+```sh\n(cc (\S+)\.c [^#]*?)\s*# (.*?)\n```", re.S | re.M)
programs = [m for m in pattern.finditer(text) if "int main(" in m[1]]
if len(programs) != text.count("\nint main("):
    sys.exit("a program of README.md without its command and output, or the other way round")
for m in programs:
    (folder / f"{m[3]}.c").write_text(m[1])
    print(m[3], m[2], m[4], sep="\t")
