"""The report of the general-allocation table: Markdown, JSON, console and plot, from the figures."""
import os

import figures as tables
import machine as machine_module

NAMES = {"allockit-nopurge": "allockit, no purge thread"}

# What is aimed at where a bound says more than the best peer. Shown beside the figure, never as one.
GOALS = {
    "drop-peak": (2, "<= 2 %"), "drop-kept-300": (5.3, "<= 1 % of the peak"), "sleep-kept-300": (16, "<= 16 MiB"),
    "sleep-kept-1000": (16, "<= 16 MiB"), "fragment": (1.15, "<= 1.15"), "create": (1000, "<= 1 us"),
    "create-cold": (20000, "<= 20 us"), "handles-resident": (24, "<= 24 KiB"), "handles-virtual": (64, "<= 64 KiB"),
    "handles-kept-300": (16, "<= 16 MiB"), "purge-first": (5, "<= 5 ms"), "purge-idle": (5, "<= 5 ms"),
    "refuse-64": (50, "< 50 ns"), "refuse-64K": (50, "< 50 ns"),
}


def table(rows, ours, peers, figures):
    return tables.Table(rows, ours, peers, figures, NAMES, GOALS)


class Report:
    def __init__(self, result, rows):
        self.table = rows
        means = {name: tables.mean(rows.ratios(name)) for name in rows.ours}
        self.result = {"rows": rows.entries, "allocators": rows.ours + rows.others, "peers": rows.others, "geometric_mean": means, **result}

    def summary(self):
        means = ", ".join("%s %.3f" % (self.table.name(key), value) for key, value in self.result["geometric_mean"].items() if value)
        lines = ["Geometric mean of the ratio to the best peer over the time rows: %s." % (means or "nothing to compare"),
                 "Rows that lose (purge thread on): %s." % ("; ".join(self.table.losing()) or "none")]
        exact, plain = (next((row["allocators"].get("allockit", {}).get("median") for row in self.table.entries if row["id"] == name), None)
                        for name in ("exact-64", "pair-64"))
        if exact and plain:
            lines.append("AKIT_CHECK_EXACT costs %.2f ns per 64 B pair." % (exact - plain))
        lines += ["%s skipped: %s." % pair for pair in self.result["skipped"].items()]
        lines += ["FAILED: %s: %s." % pair for pair in self.result["failures"].items()]
        return lines

    def console(self):
        lines = self.table.medians()
        lines[0] = [text.replace("allockit, no purge thread", "(no purge)") for text in lines[0]]
        return "\n".join([tables.columns(lines), ""] + self.summary())

    def write(self, folder):
        paths = [os.path.join(folder, "micro." + kind) for kind in ("json", "md")]
        tables.write_json(paths[0], self.result)
        script = os.path.join(os.path.dirname(__file__), "micro_plot.py")
        picture = tables.draw(script, paths[0], os.path.join(folder, "micro.svg"))
        with open(paths[1], "w", encoding="utf-8") as file:
            file.write(self.page(picture))
        return paths + ([picture] if picture else [])

    def page(self, picture):
        result, table_of = self.result, self.table
        versions = ", ".join("%s %s" % pair for pair in result["versions"].items())
        return "\n\n".join([
            "# General allocation, row by row",
            "`%s` on %s, %s. %d rounds, %g s per timed row." % (result["command"], result["machine"]["date"],
                machine_module.line(result["machine"]), result["rounds"], result["seconds_per_row"]),
            "Peers: %s." % versions,
            "Medians over interleaved rounds, a fresh process per allocator and row. The ratio is that of the medians to the best peer of the "
            "row; in brackets the quartiles of the ratio within each round. allockit is called by handle through the installed shared "
            "library, peers through LD_PRELOAD; glibc runs in its default mode (thresholds adapt). Without the purge thread nothing calls "
            "`akit_maintain` either. In pair and replace rows one byte of each block is written; other rows say what they write.",
            "\n".join("- " + line for line in self.summary()),
            ("![ratios](%s)" % os.path.basename(picture)) if picture else "",
            "## Medians", tables.markdown(table_of.medians()),
            "## Minimum; quartiles", tables.markdown(table_of.spread()),
            "## First pass in the process (ns, same unit of work)", tables.markdown(table_of.detail("cold")),
            "## Resident memory at the end of the row (MiB above the start)", tables.markdown(table_of.detail("resident_kib", 1024)),
            "## Mappings at the end of the row (above the start)", tables.markdown(table_of.detail("mappings")),
        ]).rstrip() + "\n"
