"""The report of a suite: a table per section; Markdown, JSON, console and plot."""
import os

import figures as tables
import machine as machine_module

# Figures beside that of the row, and what they are divided by.
DETAILS = (("cold", 1, "First pass in the process (ns, same unit of work):"),
           ("resident_kib", 1024, "Resident memory at the end of the row (MiB above the start):"),
           ("mappings", 1, "Mappings at the end of the row (above the start):"),
           ("allocs", 1, "Allocations on the Go heap per operation:"),
           ("bytes", 1, "Bytes of them per operation:"),
           ("collections", 1, "Collections per million operations:"),
           ("pause", 1, "Pauses per operation (ns):"))


class Part:
    """A section with its table. Columns without any figure are left out; why is among what was skipped or failed."""

    def __init__(self, section, rows, figures, names, goals):
        self.section, self.names = section, names
        ran = {name for _, name in figures}
        rows = [row for row in rows if any(key == row["id"] for key, _ in figures)]
        ours = [column.name for column in section.ours if column.name in ran] or [section.ours[0].name]
        others = [column.name for column in section.others if column.name in ran]
        goals = {row["id"]: goals[row["id"]] for row in rows if row["id"] in goals}
        self.table = tables.Table(rows, ours, others, figures, names, goals, section.rivals) if ran else None

    def means(self):
        found = [(name, tables.mean(self.table.ratios(name))) for name in self.table.ours]
        return ", ".join("%s %.3f" % (self.table.name(name), value) for name, value in found if value)


class Report:
    """A suite adds the name of its files, a title, a script that draws, and what is said."""
    stem = title = plot = None

    def __init__(self, result, parts):
        self.parts = parts
        entries = [entry for part in parts if part.table for entry in part.table.entries]
        self.result = {"rows": entries, **result}

    def introduction(self):
        """Paragraphs below the title."""
        return []

    def remarks(self, part):
        """Paragraphs between the note of a section and its table."""
        return []

    def summary(self):
        losing = ["%s, %s" % (part.section.title, line) for part in self.parts if part.table for line in part.table.losing()]
        lines = ["Rows that lose (the first column of ours): %s." % ("; ".join(losing) or "none")]
        lines += ["%s: skipped, %s." % pair for pair in self.result["skipped"].items()]
        lines += ["FAILED: %s: %s." % pair for pair in self.result["failures"].items()]
        return lines

    def settings(self):
        """Environment that columns run with, each said once."""
        said = {}
        for part in self.parts:
            for column in part.section.columns():
                for key, value in column.env.items():
                    if key != "LD_PRELOAD":
                        said[part.names.get(column.name, column.name)] = "%s=%s" % (key, value)
        return ["%s: `%s`" % pair for pair in said.items()]

    def console(self):
        text = []
        for part in self.parts:
            text += ["", part.section.title + ". " + part.section.note]
            text.append(tables.columns(part.table.medians(part.section.more_ratio)) if part.table else "skipped")
        return "\n".join(text + [""] + self.summary())

    def write(self, folder):
        paths = [os.path.join(folder, self.stem + "." + kind) for kind in ("json", "md")]
        tables.write_json(paths[0], self.result)
        picture = tables.draw(self.plot, paths[0], os.path.join(folder, self.stem + ".png"))
        with open(paths[1], "w", encoding="utf-8") as file:
            file.write(self.page(picture))
        return paths + ([picture] if picture else [])

    def page(self, picture):
        result = self.result
        lines = ["# " + self.title,
                 "`%s` on %s, %s." % (result["command"], result["machine"]["date"], machine_module.line(result["machine"])),
                 *self.introduction(),
                 "\n".join("- " + line for line in self.summary() + self.settings()),
                 ("![%s](%s)" % (self.title.lower(), os.path.basename(picture))) if picture else ""]
        for part in self.parts:
            lines += self.section(part)
        return "\n\n".join(line.rstrip("\n") for line in lines if line) + "\n"

    def section(self, part):
        lines = ["## " + part.section.title, part.section.note] + self.remarks(part)
        if part.table is None:
            return lines + ["Skipped: see above."]
        means = part.means()
        lines += ["Geometric mean of the ratio to the best peer: %s." % means] if means else []
        lines.append(tables.markdown(part.table.medians(part.section.more_ratio)))
        lines += ["Minimum; quartiles:", tables.markdown(part.table.spread())]
        for field, scale, title in DETAILS:
            detail = part.table.detail(field, scale)
            if len(detail) > 1:
                lines += [title, tables.markdown(detail)]
        return lines
