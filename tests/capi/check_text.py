"""Parses the statistics that the program text.c prints, and compares them with the field names of the headers."""
import json
import re
import subprocess
import sys

program, headers = sys.argv[1], sys.argv[2]


def fields(header, struct):
    text = open(f"{headers}/allockit/{header}").read()
    body = re.search(r"typedef struct %s \{(.*?)\n\}" % struct, text, re.S).group(1)
    return [f for f in re.findall(r"^\s*uint64_t (\w+);", body, re.M) if f != "struct_size"]


# Kind of handle: number, names of the named handles, fields.
KINDS = {
    "tiered": (1, {"alpha", "beta"}, fields("tiered.h", "akit_tiered_stats")),
    "region": (2, {"gamma"}, fields("region.h", "akit_region_stats")),
    "huge": (3, {"delta"}, fields("huge.h", "akit_huge_stats")),
    "pool": (4, {"epsilon"}, fields("pool.h", "akit_pool_stats")),
}
CLASS = fields("stats.h", "akit_class_stats")
PROCESS = fields("stats.h", "akit_process_stats")
failed = passed = 0


def printed(part):
    return subprocess.run([program, "--inside", part], check=True, stdout=subprocess.PIPE, text=True).stdout


def case(function):
    global failed, passed
    try:
        function()
        print("ok", function.__name__)
        passed += 1
    except Exception as error:  # a broken text may fail in any way, and is then a failed case
        print("FAIL %s: %s: %s" % (function.__name__, type(error).__name__, error))
        failed += 1


def objects(value):
    """All JSON objects inside a value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for v in value:
            yield from objects(v)


def handles_of(document, kind):
    return [o for o in document["handles"] if o["kind"] == KINDS[kind][0]]


@case
def json_has_every_field_of_every_handle():
    document = json.loads(printed("print_json"))
    for kind, (_, names, wanted) in KINDS.items():
        found = handles_of(document, kind)
        assert len(found) >= len(names) + 3, "%d %s handles" % (len(found), kind)
        for h in found:
            assert set(h) - {"name", "classes"} == set(wanted), (kind, set(h) ^ set(wanted))
            assert ("classes" in h) == (kind in ("tiered", "pool")), kind
        assert names <= {h.get("name") for h in found}, kind
    assert {h["kind"] for h in document["handles"]} == {number for number, _, _ in KINDS.values()}


@case
def json_keys_do_not_repeat():
    def no_repeats(pairs):
        keys = [k for k, _ in pairs]
        assert len(keys) == len(set(keys)), keys
        return dict(pairs)

    json.loads(printed("print_json"), object_pairs_hook=no_repeats)


@case
def json_has_every_field_of_the_process():
    found = [o for o in objects(json.loads(printed("print_json"))) if "handles_created_total" in o]
    assert len(found) == 1 and not set(PROCESS) - set(found[0]), set(PROCESS) - set(found[0])


@case
def json_classes_have_every_field():
    document = json.loads(printed("print_json"))
    for kind in ("tiered", "pool"):
        found = [c for h in handles_of(document, kind) for c in h["classes"]]
        assert found, kind
        for c in found:
            assert set(c) == set(CLASS) | {"index"}, (kind, set(c) ^ set(CLASS))


@case
def json_figures_are_whole_numbers():
    for o in objects(json.loads(printed("print_json"))):
        for key, value in o.items():
            if key not in ("name", "version", "copy") and not isinstance(value, (dict, list)):
                assert isinstance(value, int) and 0 <= value < 2**64, (key, value)


@case
def json_used_bytes_are_right():
    found = {h["name"]: h for h in json.loads(printed("print_json"))["handles"] if h["name"]}
    assert found["alpha"]["used_bytes"] >= 5000 and found["beta"]["used_bytes"] == 0
    assert found["gamma"]["used_bytes"] >= 1 << 20 and found["delta"]["used_bytes"] >= 2 << 20
    assert found["epsilon"]["used_bytes"] == 8192 and found["epsilon"]["out_buffers"] == 1


SAMPLE = re.compile(r'^([a-z_0-9]+)\{([^}]*)\} (\d+|\+Inf)$')


def samples():
    """Every sample line, checked against the TYPE line before it."""
    family, kind, seen = None, None, set()
    for line in printed("print_openmetrics").splitlines():
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split(" ")
            assert family not in seen, "family %s twice" % family
            seen.add(family)
        elif not line.startswith("#"):
            match = SAMPLE.match(line)
            assert match, "not a sample: " + line
            name = match.group(1)
            wanted = family + "_total" if kind == "counter" else family
            assert name == wanted, "%s in family %s" % (name, family)
            labels = dict(re.findall(r'(\w+)="([^"]*)"', match.group(2)))
            yield name, labels, match.group(3)


@case
def openmetrics_lines_are_well_formed():
    assert len(list(samples())) > 50


@case
def openmetrics_has_every_field():
    names = {name for name, _, _ in samples()}
    for kind, (_, _, fields_of_kind) in KINDS.items():
        prefix = "allockit_%s_" % kind
        wanted = {prefix + f for f in fields_of_kind if f not in ("id", "kind")}
        if kind == "pool":
            wanted |= {prefix + "class_" + f for f in CLASS if f != "block_bytes"}
        found = {name for name in names if name.startswith(prefix)}
        assert found == wanted, found ^ wanted


@case
def openmetrics_labels_handle_and_copy():
    for name, labels, _ in samples():
        assert "copy" in labels, name
        assert ("handle" in labels) != name.startswith("allockit_process_"), name
    for kind, (_, names, _) in KINDS.items():
        found = {labels.get("handle") for name, labels, _ in samples() if name.startswith("allockit_%s_" % kind)}
        assert found >= names | {""} and not found & {"alpha", "beta", "gamma", "delta", "epsilon"} - names, (kind, found)


@case
def openmetrics_classes_of_named_pools():
    used = {}
    for name, labels, value in samples():
        assert ("block_bytes" in labels) == name.startswith("allockit_pool_class_"), name
        if name == "allockit_pool_class_used_blocks":
            used[labels["handle"], labels["block_bytes"]] = int(value)
    classes = [2048 << i for i in range(6)]
    assert used == {("epsilon", str(c)): int(c == 8192) for c in classes}, used


@case
def openmetrics_series_do_not_repeat():
    keys = [(name, tuple(sorted(labels.items()))) for name, labels, _ in samples()]
    assert len(keys) == len(set(keys))


@case
def openmetrics_ends_with_eof():
    assert printed("print_openmetrics").endswith("\n# EOF\n")


@case
def openmetrics_counters_end_in_total():
    kinds = {}
    for line in printed("print_openmetrics").splitlines():
        if line.startswith("# TYPE "):
            kinds[line.split(" ")[2]] = line.split(" ")[3]
    for kind, (_, _, fields_of_kind) in KINDS.items():
        for field in fields_of_kind:
            if field.endswith("_total"):
                assert kinds.get("allockit_%s_%s" % (kind, field[: -len("_total")])) == "counter", (kind, field)
    for field in CLASS[1:]:
        kind = kinds.get("allockit_pool_class_" + field.removesuffix("_total"))
        assert kind == ("counter" if field.endswith("_total") else "gauge"), (field, kind)


print("%d passed, %d failed, 0 skipped" % (passed, failed))
sys.exit(failed > 0)
