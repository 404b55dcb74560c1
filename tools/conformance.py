#!/usr/bin/env python3
"""Tells which requirements the tests that passed have proved: tools/conformance.py --names FILE [--role server|client].

A test proves a requirement when its name carries the id: `ORD_03`, `ORD-03`, or `DNS_01_to_04`. What is not built yet is
printed as that, never as proved. Exits with 1 while a MUST or a SHOULD of what is built is without proof.
"""

import argparse
import collections
import dataclasses
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROLES = {"server": set("SVB"), "client": set("CRB")}
NOT_BUILT = {"EXT": "further extensions", "EST": "enrolment by EST, SCEP and CMP", "SCEP": "enrolment by EST, SCEP and CMP",
             "CMP": "enrolment by EST, SCEP and CMP", "DEV": "device attestation"}
ID = re.compile(r"(?<![A-Za-z0-9])([A-Z][A-Z0-9]{1,4})[-_](\d{2})(?:[-_]to[-_](?:\1[-_])?(\d{2}))?(?!\d)")


@dataclasses.dataclass(frozen=True)
class Row:
    id: str
    role: str
    level: str
    where: str

    @property
    def section(self) -> str:
        return self.id.rsplit("-", 1)[0]


def read_rows(text: str) -> list[Row]:
    return [Row(*line.split("\t")) for line in text.splitlines() if line and not line.startswith("#")]


def read_left_out(text: str) -> dict[str, str]:
    """Requirements that are MAY, and why Crest does without."""
    return dict(line.split("\t", 1) for line in text.splitlines() if line and not line.startswith("#"))


def ids_in(name: str) -> set[str]:
    found = set()
    for section, first, last in ID.findall(name):
        for number in range(int(first), int(last or first) + 1):
            found.add(f"{section}-{number:02d}")
    return found


def proofs(names: list[str]) -> dict[str, list[str]]:
    by_id = collections.defaultdict(list)
    for name in names:
        for requirement in ids_in(name):
            by_id[requirement].append(name)
    return by_id


@dataclasses.dataclass
class Report:
    proved: list[Row]
    missing: list[Row]
    left_out: list[tuple[Row, str]]
    not_built: list[Row]
    unknown: list[str]  # ids that tests name and no requirement has

    def share(self, level: str) -> tuple[int, int]:
        proved = sum(row.level == level for row in self.proved)
        return proved, proved + sum(row.level == level for row in self.missing)


def judge(rows: list[Row], names: list[str], left_out: dict[str, str], role: str) -> Report:
    known = {row.id for row in rows}
    sections = {row.section for row in rows}
    by_id = proofs(names)
    report = Report([], [], [], [], sorted(i for i in by_id if i not in known and i.rsplit("-", 1)[0] in sections))
    for row in rows:
        if row.role not in ROLES[role]:
            continue
        if row.id in by_id:
            report.proved.append(row)
        elif row.section in NOT_BUILT:
            report.not_built.append(row)
        elif row.level == "MAY" and row.id in left_out:
            report.left_out.append((row, left_out[row.id]))
        else:
            report.missing.append(row)
    return report


def say(report: Report, role: str) -> None:
    print(f"The requirements on a {role}, proved by tests that passed in this run:")
    for level in ("MUST", "SHOULD", "MAY"):
        proved, all_of_them = report.share(level)
        share = 100 * proved / all_of_them if all_of_them else 100
        print(f"  {level:<7}{proved:>4} of {all_of_them:<4} {share:5.1f} %")
    for row in report.missing:
        print(f"  not proved  {row.id:<9}{row.level:<7}{row.where}")
    for row, why in report.left_out:
        print(f"  left out    {row.id:<9}{row.level:<7}{why}")
    for section, count in collections.Counter(row.section for row in report.not_built).items():
        print(f"  not built   {section:<9}{count} requirements: {NOT_BUILT[section]}")
    for name in report.unknown:
        print(f"  no such requirement: {name}, which a test claims to prove")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", required=True, type=pathlib.Path, help="of the tests that passed, a line each")
    parser.add_argument("--role", choices=ROLES, default="server")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path)
    options = parser.parse_args()
    rows = read_rows((ROOT / "tools/conformance.tsv").read_text())
    left_out = read_left_out((ROOT / "tools/conformance_left_out.tsv").read_text())
    report = judge(rows, options.names.read_text().splitlines(), left_out, options.role)
    say(report, options.role)
    if options.json:
        options.json.write_text(json.dumps(
            {"role": options.role, "proved": [row.id for row in report.proved], "missing": [row.id for row in report.missing],
             "left_out": {row.id: why for row, why in report.left_out},
             "not_built": [row.id for row in report.not_built]}, indent=2) + "\n")
    return 1 if report.unknown or any(row.level != "MAY" for row in report.missing) else 0


if __name__ == "__main__":
    sys.exit(main())
