"""What the parts hand over, and how it is printed."""

from dataclasses import asdict, dataclass, field


@dataclass
class Row:
    """One line of the table. figures: what was measured, by column; goal: in words; met: None where there is none."""

    what: str
    figures: dict
    goal: str = ""
    met: bool | None = None
    note: str = ""


@dataclass
class Table:
    name: str  # of the part that made it
    title: str
    rows: list = field(default_factory=list)

    def add(self, what, figures, goal="", met=None, note=""):
        self.rows.append(Row(what, figures, goal, None if met is None else bool(met), note))

    def columns(self):
        return list(dict.fromkeys(column for row in self.rows for column in row.figures))

    def as_json(self):
        return asdict(self)


def shown(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def text(table):
    """Columns as wide as what stands in them; numbers to the right."""
    head = ["", *table.columns(), "goal", ""]
    lines = [head]
    for row in table.rows:
        verdict = {None: "", True: "met", False: "MISSED"}[row.met]
        lines.append([row.what, *(shown(row.figures.get(column)) for column in table.columns()), row.goal, verdict])
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    last = len(head) - 2  # the goal and the verdict are words
    printed = [table.title]
    for line in lines:
        cells = [cell.ljust(width) if i in (0, last, last + 1) else cell.rjust(width)
                 for i, (cell, width) in enumerate(zip(line, widths))]
        printed.append("  " + "  ".join(cells).rstrip())
    printed += [f"  {row.what}: {row.note}" for row in table.rows if row.note]
    return "\n".join(printed)
