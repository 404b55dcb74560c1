"""What was measured, as rows for --json, as tables, and against its targets."""
import dataclasses
import statistics


@dataclasses.dataclass
class Target:
    what: str
    value: float
    bound: float
    at_least: bool
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self) -> dict:
        return {"bench": "ca", "subject": "crest-ca", "case": f"target: {self.what}", "value": self.value,
                "at_least" if self.at_least else "at_most": self.bound, "met": self.met}

    def line(self) -> str:
        relation = "at least" if self.at_least else "at most"
        return f"{'met    ' if self.met else 'not met'}  {self.value:>8.2f} {relation} {self.bound:g}{self.unit}: {self.what}"


class Report:
    def __init__(self):
        self.rows: list[dict] = []
        self.targets: list[Target] = []

    def add(self, subject: str, case: str, **metrics: object) -> dict:
        row = {"bench": "ca", "subject": subject, "case": case} | metrics
        self.rows.append(row)
        return row

    def at_least(self, what: str, value: float, bound: float, unit: str = "") -> None:
        self.targets.append(Target(what, value, bound, True, unit))

    def at_most(self, what: str, value: float, bound: float, unit: str = "") -> None:
        self.targets.append(Target(what, value, bound, False, unit))

    def all_rows(self) -> list[dict]:
        return self.rows + [target.row() for target in self.targets]

    def print_targets(self) -> None:
        if not self.targets:
            return
        met = sum(target.met for target in self.targets)
        print(f"\ntargets: {met} of {len(self.targets)} met")
        for target in self.targets:
            print(f"  {target.line()}")


def medians(runs: list[dict]) -> dict:
    return {key: statistics.median(run[key] for run in runs) for key, value in runs[0].items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)}


def ratio(ours: list[dict], theirs: list[dict], key: str) -> float:
    """The median over the rounds in which both were measured, so that a machine that drifts does not decide it."""
    return statistics.median(mine[key] / other[key] for mine, other in zip(ours, theirs) if mine and other)


def print_table(title: str, rows: list[dict], columns: tuple) -> None:
    """`columns`: (key, heading, format, scale)."""
    print(f"\n{title}")
    print(f"  {'':<24}" + "".join(f"{heading:>17}" for _, heading, _, _ in columns))
    for row in rows:
        cells = (form.format(row[key] * scale) if key in row else "" for key, _, form, scale in columns)
        print(f"  {row['subject'] + ', ' + row['case']:<24}" + "".join(f"{cell:>17}" for cell in cells))
