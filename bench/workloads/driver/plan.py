"""Reads the workloads' variants.json and spells out every program to run."""
import json
import os

from places import INPUT, PEERS, PREFIX, WORKLOADS, BUILD, missing

FEW = ["glibc", "mimalloc3", "jemalloc", "tcmalloc", "snmalloc"]
ALL = FEW + ["mimalloc2", "mimalloc-deb", "rpmalloc", "tbb"]
# The ones that memory is compared with: fast, and in use.
FAST = {"mimalloc3", "mimalloc2", "mimalloc-deb", "snmalloc", "rpmalloc", "tcmalloc", "jemalloc"}
ORDER = ["lua", "json", "sqlite", "columns", "rust-index", "go-index", "go-server", "uring-ingest", "uring-ingest-rust", "mojo-index"]


class Variant:
    """One program with its arguments and surroundings."""

    def __init__(self, name, kind, peer, command, env):
        self.name, self.kind, self.peer, self.command, self.env = name, kind, peer, command, env
        self.failed = None


class Row:
    def __init__(self, workload, name, title, variants, figures, goals):
        self.workload, self.name, self.title, self.variants = workload, name, title, variants
        self.figures = figures  # what its programs report by themselves: key -> heading
        self.goals = goals      # variant, other variant, largest ratio of their CPU time
        self.skipped = None
        self.skipped_peers = {}


def workloads():
    found = [name for name in os.listdir(WORKLOADS) if os.path.exists(os.path.join(WORKLOADS, name, "variants.json"))]
    return sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def describe(workload):
    with open(os.path.join(WORKLOADS, workload, "variants.json"), encoding="utf-8") as file:
        return json.load(file)


def out(workload):
    return os.path.join(BUILD, "workloads", workload)


def peer_library(peer):
    return "" if peer == "glibc" else os.path.join(PEERS, peer + ".so")


def _fill(text, workload, peer):
    names = {"out": out(workload), "input": INPUT, "prefix": PREFIX, "peer_so": peer_library(peer) if peer else "", "peer": peer or ""}
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def _spell(spec, workload, peer):
    env = {key: _fill(value, workload, peer) for key, value in spec.get("env", {}).items()}
    if spec.get("peer") == "preload" and peer != "glibc":
        env["LD_PRELOAD"] = peer_library(peer)
    command = [_fill(word, workload, peer) for word in spec["cmd"]]
    return Variant(_fill(spec["name"], workload, peer), spec["kind"], peer, command, env)


def rows(workload, full):
    """All rows of a workload; peers that cannot be had are named with the reason."""
    made = []
    for spec in describe(workload)["rows"]:
        row = Row(workload, spec["name"], spec["title"], [], spec.get("figures", {}), spec.get("goals", []))
        taken = set()
        for variant in spec["variants"]:
            if variant.get("deep") and not full:
                continue
            for peer in (ALL if full else FEW) if variant.get("peer") else [None]:
                if peer and peer != "glibc" and not os.path.exists(peer_library(peer)):
                    row.skipped_peers[peer] = missing(peer) or "not built"
                    continue
                one = _spell(variant, workload, peer)
                if one.name not in taken:
                    taken.add(one.name)
                    row.variants.append(one)
        made.append(row)
    return made
