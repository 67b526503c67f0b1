"""A section of a report: its columns, and what is said about them."""
import dataclasses


@dataclasses.dataclass
class Section:
    key: str
    title: str
    note: str
    ours: list = dataclasses.field(default_factory=list)
    others: list = dataclasses.field(default_factory=list)
    more_ratio: str = "no purge thread"
    most_rounds: int = 99
    rivals: list = None  # names of those that the best is taken from, where not all of the others are meant

    def columns(self):
        return self.ours + self.others
