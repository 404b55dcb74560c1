#!/usr/bin/env python3
"""Runs other projects' ACME clients against crest-ca and prints what works: tools/interop.py [--client NAME] [--json FILE].

A cell is a client, a challenge and a case: a key type, a wildcard, an account bound to a key (EAB), or an address. In it the
client obtains, renews and revokes, and what it got is checked each time: names, key, chain, another serial, the revocation
list. Exits with 2 when a cell failed.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CELL = ROOT / "tests/interop/cell.sh"
CHALLENGES = ("http-01", "dns-01", "tls-alpn-01")
CASES = ("ec-p256", "ec-p384", "rsa-2048", "wildcard", "eab", "ip")
PEER_SECONDS_MAX = 1800
LINE = re.compile(r"^(ok|not ok|cannot) (\S+) (\S+?)/([^/\s:]+)(?:: (.*)|((?: # .*)?))$", re.MULTILINE)


def peers() -> list[str]:
    return sorted(file.stem for file in (ROOT / "tests/interop/peers").glob("*.sh"))


def read(text: str) -> list[dict]:
    """The cells in what cell.sh said: result is ok, failed or cannot; why says what is amiss, lacks what an ok one is without."""
    cells = []
    for verdict, client, challenge, case, why, lacks in LINE.findall(text):
        cells.append({"client": client, "challenge": challenge, "case": case,
                      "result": {"ok": "ok", "not ok": "failed", "cannot": "cannot"}[verdict], "why": why,
                      "lacks": [part.strip() for part in lacks.split(" # ") if part.strip()]})
    return cells


def missing(client: str, cells: list[dict], said: str) -> list[dict]:
    """A cell of which nothing was said has failed: the client may not be there, or its script has died."""
    told = {(cell["challenge"], cell["case"]) for cell in cells}
    tail = " ".join(said.split()[-40:])
    return [{"client": client, "challenge": challenge, "case": case, "result": "failed", "why": f"nothing was said of it: {tail}",
             "lacks": []} for challenge in CHALLENGES for case in CASES if (challenge, case) not in told]


def run(client: str) -> list[dict]:
    with tempfile.TemporaryDirectory(prefix="crest-interop-") as scratch:
        try:
            done = subprocess.run([CELL, client], env=os.environ | {"TMPDIR": scratch}, stdin=subprocess.DEVNULL, text=True,
                                  errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PEER_SECONDS_MAX)
            said = done.stdout
        except subprocess.TimeoutExpired as late:
            said = (late.stdout or b"").decode(errors="replace") + f"\nstopped after {PEER_SECONDS_MAX} s"
    cells = read(said)
    cells += missing(client, cells, said)
    good = sum(cell["result"] == "ok" for cell in cells)
    print(f"{client}: {good} ok, {sum(cell['result'] == 'failed' for cell in cells)} failed", file=sys.stderr)
    return cells


def table(cells: list[dict]) -> str:
    """Rows client x challenge; what a client cannot do is a footnote, told once."""
    notes: list[str] = []

    def mark(text: str) -> str:
        if text not in notes:
            notes.append(text)
        return f"[{notes.index(text) + 1}]"

    by_place = {(cell["client"], cell["challenge"], cell["case"]): cell for cell in cells}
    rows = [("client", "challenge", *CASES)]
    for client in sorted({cell["client"] for cell in cells}):
        for challenge in CHALLENGES:
            row = [client, challenge]
            for case in CASES:
                cell = by_place[client, challenge, case]
                if cell["result"] == "ok":
                    row.append(" ".join(["ok", *("".join(mark("not " + lack) for lack in cell["lacks"]).split())]))
                else:
                    row.append("FAIL" if cell["result"] == "failed" else "- " + mark(cell["why"]))
            rows.append(tuple(row))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
    lines += ["", "ok: obtained, renewed and revoked, each checked.", *(f"[{i}] {note}" for i, note in enumerate(notes, 1))]
    lines += [f"FAIL {cell['client']} {cell['challenge']} {cell['case']}: {cell['why']}" for cell in cells
              if cell["result"] == "failed"]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", choices=peers(), help="only this one")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, help="write the cells there, too")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="clients at a time; most of them wait")
    options = parser.parse_args()
    wanted = [options.client] if options.client else peers()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        cells = [cell for found in pool.map(run, wanted) for cell in found]
    print(table(cells))
    if options.json:
        options.json.write_text(json.dumps({"cells": cells}, indent=2) + "\n")
    counts = {result: sum(cell["result"] == result for cell in cells) for result in ("ok", "failed", "cannot")}
    print(f"\n{counts['ok']} ok, {counts['failed']} failed, {counts['cannot']} that the client cannot do")
    return 2 if counts["failed"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
