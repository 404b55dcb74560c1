#!/usr/bin/env python3
"""Runs the tests of a build and adds them up: tools/run_tests.py [--preset P] [--only PART,...] [--names FILE].

The last line of its output is `N passed, M failed`. A part that ran no test has failed.
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent
PARTS = ("tools", "unit", "sim", "replay", "system", "interop")
SANITIZED_PARTS = ("unit", "sim")  # peers and scripts say nothing more about our memory, and take long
SEEDS = {"dev": 20, "asan": 4, "tsan": 4}
# Bugs that the simulator must find, or its silence means nothing; in the dev build, where they cost least.
PLANTED = ("skip_key_sync", "reuse_nonce", "publish_key_before_certificate")
PLANTED_SEEDS = 200
JOB_SECONDS_MAX = 900
SHOWN_LINES_MAX = 80

# ThreadSanitizer of g++ 12 cannot place its memory where a kernel shuffles addresses by more than 28 bits.
RANDOM_BITS = pathlib.Path("/proc/sys/vm/mmap_rnd_bits")
UNSHUFFLED = ["setarch", "-R"] if RANDOM_BITS.exists() and int(RANDOM_BITS.read_text()) > 28 else []


@dataclasses.dataclass
class Outcome:
    passed: int = 0
    names: list[str] = dataclasses.field(default_factory=list)  # of those that passed, where they have one
    failed: list[tuple[str, str]] = dataclasses.field(default_factory=list)  # case, what it said
    skipped: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Job:
    part: str
    name: str
    argv: list[str]
    read: Callable[["Run"], Outcome]


@dataclasses.dataclass
class Run:
    """What is left of a job that ended."""
    code: int
    output: str
    scratch: pathlib.Path

    def tail(self) -> str:
        return "\n".join(self.output.splitlines()[-SHOWN_LINES_MAX:])


def read_gtest(run: Run) -> Outcome:
    outcome = Outcome()
    try:
        suites = json.loads((run.scratch / "gtest.json").read_text())["testsuites"]
    except (OSError, ValueError):  # it died on the way, and the last case it began is the one to look at
        begun = re.findall(r"^\[ RUN      \] (\S+)", run.output, re.MULTILINE)
        outcome.passed = len(re.findall(r"^\[       OK \] ", run.output, re.MULTILINE))
        outcome.failed.append((f"{begun[-1] if begun else 'start'} (exit {run.code})", run.tail()))
        return outcome
    for case in (case for suite in suites for case in suite["testsuite"]):
        name = f"{case['classname']}.{case['name']}"
        if case.get("failures"):
            outcome.failed.append((name, "\n".join(f["failure"] for f in case["failures"])))
        elif case["result"] == "SKIPPED":
            outcome.skipped.append(name)
        elif case["result"] == "COMPLETED":
            outcome.passed += 1
            outcome.names.append(name)
    if run.code and not outcome.failed:  # a leak, say: found when every case was over
        outcome.failed.append((f"end (exit {run.code})", run.tail()))
    return outcome


def read_lines(run: Run) -> Outcome:
    """Lines `ok NAME`, `ok NAME # SKIP why` and `not ok NAME: why`."""
    outcome = Outcome()
    for verdict, name in re.findall(r"^(ok|not ok) (.+)", run.output, re.MULTILINE):
        if verdict == "not ok":
            outcome.failed.append((name, run.tail()))
        elif "# SKIP" in name:
            outcome.skipped.append(name)
        else:
            outcome.passed += 1
            outcome.names.append(name)
    if run.code and not outcome.failed:
        outcome.failed.append((f"exit {run.code}", run.tail()))
    return outcome


def read_unittest(run: Run) -> Outcome:
    bad = re.findall(r"^(?:FAIL|ERROR): (\S+)", run.output, re.MULTILINE)
    ran = re.search(r"^Ran (\d+) tests?", run.output, re.MULTILINE)
    outcome = Outcome(int(ran.group(1)) - len(bad) if ran else 0, failed=[(name, run.tail()) for name in bad])
    if run.code and not bad:
        outcome.failed.append((f"exit {run.code}", run.tail()))
    return outcome


def read_planted(run: Run) -> Outcome:
    """The verdict alone: the seeds on the way to it say nothing."""
    verdict = "\n".join(re.findall(r"^(?:not )?ok planted .*", run.output, re.MULTILINE))
    return read_lines(dataclasses.replace(run, output=verdict or run.output))


def jobs_of(part: str, preset: str) -> list[Job]:
    folder = ROOT / "build" / preset / "bin"

    def gtest(programs) -> list[Job]:
        return [Job(part, p.name, [str(p), "--gtest_output=json:gtest.json", "--gtest_brief=0"], read_gtest)
                for p in sorted(programs)]

    if part == "tools":
        return [Job(part, "tidy", [str(ROOT / "tools/tidy.py"), "--tap"], read_lines),
                *(Job(part, t.stem, [str(t)], read_unittest) for t in sorted((ROOT / "tools").glob("*_test.py")))]
    if part == "unit":
        return gtest(folder.glob("*_test"))
    if part == "sim":
        sim, planted = folder / "crest-sim", folder / "crest-sim-planted"
        jobs = [Job(part, sim.name, [str(sim), "--seeds", str(SEEDS[preset])], read_lines)] if sim.exists() else []
        if preset == "dev" and planted.exists():
            jobs += [Job(part, bug, [str(planted), "--planted", bug, "--seeds", str(PLANTED_SEEDS)], read_planted)
                     for bug in PLANTED]
        return jobs
    if part == "replay":
        return [Job(part, p.name, [str(p), *map(str, sorted((ROOT / "fuzz/corpus" / p.name.removeprefix("replay_")).glob("*")))],
                    read_lines) for p in sorted(folder.glob("replay_*"))]
    scripts = [Job(part, s.name, [str(s)], read_lines) for s in sorted((ROOT / "tests" / part).glob("*_test.sh"))]
    return scripts + gtest(folder.glob(f"{part}_*"))


def environment(preset: str, scratch: pathlib.Path) -> dict[str, str]:
    return os.environ | {
        "CREST_ROOT": str(ROOT), "CREST_BIN": str(ROOT / "build" / preset / "bin"), "TMPDIR": str(scratch),
        "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": f"suppressions={ROOT}/tools/tsan.supp:halt_on_error=1:second_deadlock_stack=1",
    }


def run_job(job: Job, preset: str) -> Outcome:
    """A job has a folder of its own, and a group of its own so that nothing it started outlives it."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="crest-test-"))
    began = time.monotonic()
    argv = (UNSHUFFLED if preset == "tsan" else []) + job.argv
    with open(scratch / "output", "w+b") as output:
        process = subprocess.Popen(argv, cwd=scratch, env=environment(preset, scratch), stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = process.wait(JOB_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            code = f"stopped after {JOB_SECONDS_MAX} s"
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        output.seek(0)
        text = output.read().decode(errors="replace")
    outcome = job.read(Run(code, text, scratch))
    if not (outcome.passed or outcome.failed or outcome.skipped):
        outcome.failed.append(("ran no test", text))
    shutil.rmtree(scratch, ignore_errors=True)
    verdict = f"{len(outcome.failed)} FAILED, " if outcome.failed else ""
    seconds = time.monotonic() - began
    sys.stderr.write(f"{job.part} {job.name}: {verdict}{outcome.passed} passed ({seconds:.1f} s)\n")  # whole: jobs share it
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=SEEDS, default="dev")
    parser.add_argument("--only", metavar="PART,...", type=lambda text: text.split(","))
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--names", metavar="FILE", help="write the names of the tests that passed, a line each")
    options = parser.parse_args()
    parts = options.only or (PARTS if options.preset == "dev" else SANITIZED_PARTS)
    for part in parts:
        if part not in PARTS:
            print(f"run_tests: no part {part}: {', '.join(PARTS)}", file=sys.stderr)
            return 64

    # The long ones first, so that the cores end together.
    todo = [job for part in reversed(PARTS) if part in parts for job in jobs_of(part, options.preset)]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(lambda job: run_job(job, options.preset), todo))

    passed = sum(outcome.passed for outcome in outcomes)
    failed = 0
    for job, outcome in zip(todo, outcomes):
        for case, said in outcome.failed:
            failed += 1
            print(f"\nFAILED {job.part} {job.name}: {case}\n{said}")
        for case in outcome.skipped:
            print(f"skipped {job.part} {job.name}: {case}")
    for part in parts:
        if not any(job.part == part for job in todo):
            failed += 1
            print(f"\nFAILED {part}: there is no such test in build/{options.preset}/bin or tests/{part}")
    if options.names:
        names = sorted({name for outcome in outcomes for name in outcome.names})
        pathlib.Path(options.names).write_text("".join(name + "\n" for name in names))
    skipped = sum(len(outcome.skipped) for outcome in outcomes)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
