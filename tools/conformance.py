#!/usr/bin/env python3
"""Tells which requirements the tests that passed have proved: tools/conformance.py --names FILE [--role server|client].

A test proves a requirement when its name carries the id: `ORD_03`, `ORD-03`, or `DNS_01_to_04`; and that the server stands a
fault when it carries the fault's: `SF24`. What is not built yet is printed as that, never as proved. Exits with 1 while a MUST
or a SHOULD of what is built, or a fault, is without proof.
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

FAULT_ID = re.compile(r"(?<![A-Za-z0-9])SF(\d{1,2})(?:_to_SF(\d{1,2}))?(?!\d)")


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


def read_pairs(text: str) -> dict[str, str]:
    """An id and a sentence a line: why Crest does without a MAY, what a fault is."""
    return dict(line.split("\t", 1) for line in text.splitlines() if line and not line.startswith("#"))


def ids_in(name: str) -> set[str]:
    found = set()
    for section, first, last in ID.findall(name):
        for number in range(int(first), int(last or first) + 1):
            found.add(f"{section}-{number:02d}")
    return found


def faults_in(name: str) -> set[str]:
    return {f"SF{number}" for first, last in FAULT_ID.findall(name) for number in range(int(first), int(last or first) + 1)}


@dataclasses.dataclass
class Faults:
    proved: list[str]
    missing: list[str]
    unknown: list[str]


def judge_faults(faults: dict[str, str], names: list[str]) -> Faults:
    claimed = {fault for name in names for fault in faults_in(name)}
    return Faults([f for f in faults if f in claimed], [f for f in faults if f not in claimed], sorted(claimed - faults.keys()))


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


def say_faults(report: Faults, faults: dict[str, str]) -> None:
    print(f"  faults SF: {len(report.proved)} of {len(faults)} proved")
    for fault in report.missing:
        print(f"  not proved  {fault:<9}{faults[fault]}")
    for fault in report.unknown:
        print(f"  no such fault: {fault}, which a test claims to stand")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--names", required=True, type=pathlib.Path, help="of the tests that passed, a line each")
    parser.add_argument("--role", choices=ROLES, default="server")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path)
    options = parser.parse_args()
    rows = read_rows((ROOT / "tools/conformance.tsv").read_text())
    left_out = read_pairs((ROOT / "tools/conformance_left_out.tsv").read_text())
    names = options.names.read_text().splitlines()
    report = judge(rows, names, left_out, options.role)
    say(report, options.role)
    known_faults = read_pairs((ROOT / "tools/faults.tsv").read_text()) if options.role == "server" else {}
    faults = judge_faults(known_faults, names) if known_faults else Faults([], [], [])
    if known_faults:
        say_faults(faults, known_faults)
    if options.json:
        options.json.write_text(json.dumps(
            {"role": options.role, "proved": [row.id for row in report.proved], "missing": [row.id for row in report.missing],
             "left_out": {row.id: why for row, why in report.left_out},
             "not_built": [row.id for row in report.not_built],
             "faults": {"proved": faults.proved, "missing": faults.missing}}, indent=2) + "\n")
    bad = report.unknown or faults.missing or faults.unknown or any(row.level != "MAY" for row in report.missing)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
