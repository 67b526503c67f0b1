"""Turns runs into figures: ratios to the first variant of the row, taken round by round."""
import statistics

from plan import FAST


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def _middle(values):
    low, high = quartiles(values)
    return {"median": statistics.median(values), "low": low, "high": high}


def _ratio(pairs):
    """Median and quartiles of a/b over the rounds."""
    return _middle([a / b for a, b in pairs if b > 0])


def cpu(run):
    """Of the command, unless the program tells of the part of it that is compared."""
    return run.get("own", {}).get("cpu", run["user"] + run["system"])


def wall(run):
    """The same for the time."""
    return run.get("own", {}).get("time", run["time"])


def by_variant(runs, row):
    found = {}
    for run in runs:
        if run["row"] == row.name:
            found.setdefault(run["variant"], {})[run["round"]] = run
    return found


def compare(mine, other):
    """Figures of one variant against another, from the rounds that both have."""
    rounds = sorted(set(mine) & set(other))
    cpu_rounds = _ratio([(cpu(mine[n]), cpu(other[n])) for n in rounds])
    least = min(cpu(mine[n]) for n in rounds) / max(min(cpu(other[n]) for n in rounds), 1e-9)
    return {
        "time": _ratio([(wall(mine[n]), wall(other[n])) for n in rounds]),
        "cpu": least,
        "cpu_low": min(cpu_rounds["low"], least), "cpu_high": max(cpu_rounds["high"], least),
    }


def figures(row, runs):
    """One dictionary per variant that ran, in the row's order; "own" are the figures that the programs report by themselves."""
    found = by_variant(runs, row)
    names = [variant for variant in row.variants if variant.name in found]
    if not names or names[0] is not row.variants[0]:
        return []
    base = found[names[0].name]
    result = []
    for variant in names:
        mine = found[variant.name]
        entry = compare(mine, base)
        entry.update(variant=variant.name, kind=variant.kind, peer=variant.peer,
                     seconds=statistics.median(wall(run) for run in mine.values()),
                     least_seconds=min(wall(run) for run in mine.values()),
                     least_cpu=min(cpu(run) for run in mine.values()),
                     peak_mib=statistics.median(run["peak_kib"] for run in mine.values()) / 1024,
                     own={key: _middle([run["own"][key] for run in mine.values()]) for key in row.figures})
        result.append(entry)
    return result


def goals(row, runs):
    """The ratios that the row is judged by beside the best of the others, as far as both variants ran."""
    found = by_variant(runs, row)
    made = []
    for mine, other, bound in row.goals:
        if mine in found and other in found:
            made.append({"variant": mine, "against": other, "bound": bound, **compare(found[mine], found[other])})
    return made


def verdict(row, runs, entries):
    """The best allockit variant against the best of the others, by CPU, and by memory against the most frugal fast peer."""
    ours = [entry for entry in entries if entry["kind"] == "allockit"]
    theirs = [entry for entry in entries if entry["kind"] != "allockit"]
    if not ours or not theirs:
        return None
    mine = min(ours, key=lambda entry: entry["least_cpu"])
    best = min(theirs, key=lambda entry: entry["least_cpu"])
    found = by_variant(runs, row)
    result = compare(found[mine["variant"]], found[best["variant"]])
    result.update(row=row.name, mine=mine["variant"], best=best["variant"], ours=mine["cpu"])
    frugal = [entry for entry in theirs if entry["peer"] in FAST] or theirs
    least = min(frugal, key=lambda entry: entry["peak_mib"])
    lean = min(ours, key=lambda entry: entry["peak_mib"])
    result.update(frugal=least["variant"], memory=mine["peak_mib"] / least["peak_mib"],
                  lean=lean["variant"], lean_memory=lean["peak_mib"] / least["peak_mib"])
    return result
