"""The report of regions and huge pages: a table per section; Markdown, JSON, console and plot."""
import os

import figures as tables
import machine as machine_module
import sections


# The slowest size may be so much slower than the fastest, before the handle counts as not flat in size.
FLAT = 1.5


class Part:
    """A section with its table. Columns without any figure are left out; why is among what was skipped or failed."""

    def __init__(self, section, rows, figures, burst):
        goals = {"pair-flat": (FLAT, "<= %g" % FLAT), "decay-300": (burst / 100 / (1 << 20), "<= 1 % of the burst")}
        self.section = section
        ran = {name for _, name in figures}
        rows = [row for row in rows if any(key == row["id"] for key, _ in figures)]
        ours = [column.name for column in section.ours if column.name in ran] or [section.ours[0].name]
        others = [column.name for column in section.others if column.name in ran]
        self.table = tables.Table(rows, ours, others, figures, sections.NAMES,
                                  {row["id"]: goals[row["id"]] for row in rows if row["id"] in goals}) if ran else None


def environment_lines(parts):
    """Settings that columns run with, each said once."""
    said = {}
    for part in parts:
        for column in part.section.columns():
            for key, value in column.env.items():
                if key != "LD_PRELOAD":
                    said[sections.NAMES.get(column.name, column.name)] = "%s=%s" % (key, value)
    return ["%s: `%s`" % pair for pair in said.items()]


class Report:
    def __init__(self, result, parts):
        self.parts = [Part(*one, result["burst_bytes"]) for one in parts]
        entries = [entry for part in self.parts if part.table for entry in part.table.entries]
        self.result = {"rows": entries, "names": sections.NAMES, **result}

    def _means(self, part):
        found = [(name, tables.mean(part.table.ratios(name))) for name in part.table.ours]
        return ", ".join("%s %.3f" % (part.table.name(name), value) for name, value in found if value)

    def summary(self):
        losing = ["%s, %s" % (part.section.title, line) for part in self.parts if part.table for line in part.table.losing()]
        lines = ["Rows that lose (the first column of ours): %s." % ("; ".join(losing) or "none")]
        lines += ["%s: skipped, %s." % pair for pair in self.result["skipped"].items()]
        lines += ["FAILED: %s: %s." % pair for pair in self.result["failures"].items()]
        return lines

    def console(self):
        text = []
        for part in self.parts:
            text += ["", part.section.title + ". " + part.section.note]
            text.append(tables.columns(part.table.medians(part.section.more_ratio)) if part.table else "skipped")
        return "\n".join(text + [""] + self.summary())

    def write(self, folder):
        paths = [os.path.join(folder, "regions." + kind) for kind in ("json", "md")]
        tables.write_json(paths[0], self.result)
        script = os.path.join(os.path.dirname(__file__), "regions_plot.py")
        picture = tables.draw(script, paths[0], os.path.join(folder, "regions.png"))
        with open(paths[1], "w", encoding="utf-8") as file:
            file.write(self.page(picture))
        return paths + ([picture] if picture else [])

    def page(self, picture):
        result = self.result
        reserved = ("Huge pages were reserved for the rows that need them and taken back afterwards." if result["reserved"] else
                    "No huge pages were reserved for this run: rows that need more than the system has are skipped.")
        lines = [
            "# Regions and huge pages",
            "`%s` on %s, %s. %d rounds (decay and page sizes: fewer), %g s per timed row." % (result["command"], result["machine"]["date"],
                machine_module.line(result["machine"]), result["rounds"], result["seconds_per_row"]),
            "Peers: %s." % ", ".join("%s %s" % pair for pair in result["versions"].items()),
            "Medians over interleaved rounds, a fresh process per column and row. The ratio is that of the medians to the best peer of the row; in "
            "brackets the quartiles of the ratio within each round. allockit: a region handle with its defaults unless the column says otherwise, "
            "called through the installed shared library; peers: malloc and free of the same sizes through LD_PRELOAD. glibc is in its "
            "default mode (thresholds adapt) unless the column says tuned. Without the purge thread nothing calls `akit_maintain` either. "
            "A failed allocation ends the run. " + reserved,
            "\n".join("- " + line for line in self.summary() + environment_lines(self.parts)),
            ("![regions and huge pages](%s)" % os.path.basename(picture)) if picture else "",
        ]
        for part in self.parts:
            lines += self.section(part)
        return "\n\n".join(line.rstrip("\n") for line in lines if line) + "\n"

    def section(self, part):
        lines = ["## " + part.section.title, part.section.note]
        if part.section.key == "decay":
            lines.append("Burst: %d MiB." % (self.result["burst_bytes"] >> 20))
        if part.table is None:
            return lines + ["Skipped: see above."]
        means = self._means(part)
        lines += ["Geometric mean of the ratio to the best peer: %s." % means] if means else []
        lines.append(tables.markdown(part.table.medians(part.section.more_ratio)))
        lines += ["Minimum; quartiles:", tables.markdown(part.table.spread())]
        for field, scale, title in (("cold", 1, "First pass in the process (ns, same unit of work):"),
                                    ("resident_kib", 1024, "Resident memory at the end of the row (MiB above the start):"),
                                    ("mappings", 1, "Mappings at the end of the row (above the start):")):
            detail = part.table.detail(field, scale)
            if len(detail) > 1:
                lines += [title, tables.markdown(detail)]
        return lines
