#!/usr/bin/env python3
"""Runs every fuzz target: tools/fuzz.py [SECONDS] [--keep]. They share the seconds and all cores.

Each works on a copy of its corpus, so that a run leaves the tree as it was; --keep adds what covered more.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CRASHES = ROOT / "build/fuzz/crashes"
LIMITS = ["-max_len=65536", "-timeout=10", "-rss_limit_mb=2048"]


def run(program: pathlib.Path, seconds: int, keep: bool) -> tuple[str, bool]:
    """A line to print, and whether the target stood."""
    name = program.name.removeprefix("fuzz_")
    corpus = ROOT / "fuzz/corpus" / name
    with tempfile.TemporaryDirectory(prefix="crest-fuzz-") as scratch:
        work = pathlib.Path(scratch, "corpus")
        work.mkdir()
        if corpus.exists():
            shutil.copytree(corpus, work, dirs_exist_ok=True)
        words = ROOT / "fuzz" / f"{name}.dict"
        command = [program, work, *LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={CRASHES}/{name}-",
                   "-print_final_stats=1", *([f"-dict={words}"] if words.exists() else [])]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=scratch)
        if done.returncode:
            found = re.search(r"Test unit written to (\S+)", done.stderr)
            again = f"\nto see it again: {program.relative_to(ROOT)} {pathlib.Path(found[1]).relative_to(ROOT)}" if found else ""
            return f"FAILED {name}:\n{done.stderr[-6000:]}{again}", False
        if keep:
            corpus.mkdir(parents=True, exist_ok=True)
            subprocess.run([program, "-merge=1", corpus, work, *LIMITS], capture_output=True, check=True)
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    return f"{name}: {int(runs[1]):,} inputs in {seconds} s, none broke it", True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", nargs="?", type=int, default=60)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    programs = sorted((ROOT / "build/fuzz/bin").glob("fuzz_*"))
    if not programs:
        sys.exit("fuzz: there is no target in fuzz/")
    CRASHES.mkdir(parents=True, exist_ok=True)
    cores = os.cpu_count()
    share = max(1, min(options.seconds, options.seconds * cores // len(programs)))
    print(f"{len(programs)} targets, {share} s each on one of {cores} cores", file=sys.stderr)
    stood = True
    with concurrent.futures.ThreadPoolExecutor(cores) as pool:
        for line, good in pool.map(lambda program: run(program, share, options.keep), programs):
            print(line, flush=True)
            stood = stood and good
    return 0 if stood else 1


if __name__ == "__main__":
    sys.exit(main())
