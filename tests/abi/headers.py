"""What the public headers declare, read from their text: functions with their arity, and structs with their fields."""
import glob
import os
import re


def header_files(include):
    return sorted(glob.glob(os.path.join(include, "allockit.h")) + glob.glob(os.path.join(include, "allockit", "*.h")))


# What the second library exports is declared here; everything else is of the first one.
IO_HEADER = "io.h"


def _without_comments(path):
    text = open(path).read()
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^\s*#(.*\\\n)*.*$", "", text, flags=re.M)
    return text


def _arity(arguments):
    depth, count = 0, 1
    for c in arguments:
        depth += (c == "(") - (c == ")")
        count += c == "," and depth == 0
    return 0 if arguments.strip() in ("", "void") else count


def functions(include, library="allockit"):
    """Name -> number of arguments, of one library."""
    found = {}
    for path in header_files(include):
        if (os.path.basename(path) == IO_HEADER) != (library == "allockit_io"):
            continue
        for statement in re.findall(r"AKIT_API\b([^;]*);", _without_comments(path)):
            name = re.search(r"\b(akit_\w+)\s*\((.*)\)\s*$", statement, re.S)
            found[name.group(1)] = _arity(name.group(2))
    return found


def structs(include):
    """(header, struct name, field names in order)."""
    found = []
    for path in header_files(include):
        for name, body in re.findall(r"typedef struct (akit_\w+) \{(.*?)\}\s*akit_\w+;", _without_comments(path), re.S):
            fields = re.findall(r"(\w+)\s*;", body)
            found.append((os.path.relpath(path, include), name, fields))
    return found
