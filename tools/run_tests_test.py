#!/usr/bin/env python3
"""Runs the test runner on small false builds: what failed in any way must not pass for green."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

import run_tests

PASSED = {"classname": "A", "name": "good", "result": "COMPLETED"}
FAILED = {"classname": "A", "name": "bad", "result": "COMPLETED", "failures": [{"failure": "a.cpp:7: 1 is not 2"}]}
SKIPPED = {"classname": "A", "name": "later", "result": "SKIPPED"}


def gtest(*cases, code: int = 0) -> str:
    return f"echo '{json.dumps({'testsuites': [{'testsuite': cases}]})}' > gtest.json; exit {code}"


def run(only: str, files: dict[str, str]) -> tuple[int, list[str]]:
    """Exit code and the lines on stdout of a run over a tree of these shell scripts."""
    with tempfile.TemporaryDirectory() as folder:
        run_tests.ROOT = pathlib.Path(folder)
        for path, script in files.items():
            file = run_tests.ROOT / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"#!/bin/sh\n{script}\n")
            file.chmod(0o755)
        sys.argv = ["run_tests.py", "--only", only]
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
            code = run_tests.main()
        return code, out.getvalue().splitlines()


class Runner(unittest.TestCase):
    def ends(self, only: str, files: dict[str, str], code: int, last: str, says: str = ""):
        got_code, lines = run(only, files)
        self.assertEqual((got_code, lines[-1]), (code, last), lines)
        self.assertIn(says, "\n".join(lines))

    def test_sums_over_programs(self):
        self.ends("unit", {"build/dev/bin/a_test": gtest(PASSED), "build/dev/bin/b_test": gtest(PASSED, PASSED)}, 0,
                  "3 passed, 0 failed")

    def test_failures_are_named(self):
        self.ends("unit", {"build/dev/bin/a_test": gtest(PASSED, FAILED, code=1)}, 1, "1 passed, 1 failed",
                  "FAILED unit a_test: A.bad\na.cpp:7: 1 is not 2")

    def test_skipped_is_not_passed(self):
        self.ends("unit", {"build/dev/bin/a_test": gtest(PASSED, SKIPPED)}, 0, "1 passed, 0 failed, 1 skipped",
                  "skipped unit a_test: A.later")

    def test_a_crash_names_the_case_it_was_in(self):
        self.ends("unit", {"build/dev/bin/a_test": "echo '[ RUN      ] A.x'\necho '[       OK ] A.x (0 ms)'\n"
                                                   "echo '[ RUN      ] A.y'\nkill -SEGV $$"}, 1,
                  "1 passed, 1 failed", "FAILED unit a_test: A.y (exit -11)")

    def test_a_leak_found_at_the_end_fails(self):
        self.ends("unit", {"build/dev/bin/a_test": "echo leaked; " + gtest(PASSED, code=23)}, 1, "1 passed, 1 failed", "leaked")

    def test_a_program_or_part_without_tests_fails(self):
        self.ends("unit", {"build/dev/bin/a_test": gtest()}, 1, "0 passed, 1 failed", "ran no test")
        self.ends("unit,sim", {"build/dev/bin/a_test": gtest(PASSED)}, 1, "1 passed, 1 failed", "FAILED sim")
        self.ends("replay", {"build/dev/bin/replay_json": "exit 0"}, 1, "0 passed, 1 failed", "ran no test")

    def test_scripts_say_a_line_a_case(self):
        self.ends("interop", {"tests/interop/a_test.sh": "echo ok one; echo 'ok two # SKIP no network'; echo chatter"}, 0,
                  "1 passed, 0 failed, 1 skipped")
        self.ends("interop", {"tests/interop/a_test.sh": "echo ok one; echo not ok two: why; exit 1"}, 1,
                  "1 passed, 1 failed", "two: why")
        self.ends("system", {"tests/system/a_test.sh": "echo ok one; exit 3"}, 1, "1 passed, 1 failed", "exit 3")

    def test_a_job_has_its_folder_and_leaves_no_process(self):
        self.ends("system", {"tests/system/a_test.sh": 'test "$PWD" = "$TMPDIR" && test -d "$CREST_ROOT" && echo ok one\n'
                                                       "sleep 1000 &"}, 0, "1 passed, 0 failed")

    def test_seeds_count(self):
        self.ends("sim", {"build/dev/bin/crest-sim": "test \"$*\" = '--seeds 20' && echo ok seed 1 && echo ok seed 2"}, 0,
                  "2 passed, 0 failed")
        self.ends("sim", {"build/dev/bin/crest-sim": "echo ok seed 1; echo BROKEN seed 2; exit 1"}, 1, "1 passed, 1 failed",
                  "BROKEN seed 2")

    def test_a_planted_bug_must_be_caught(self):
        sim = {"build/dev/bin/crest-sim": "echo ok seed 1"}
        caught = "echo ok seed 1; echo BROKEN seed 2; echo ok planted $2 caught by seed 2"
        self.ends("sim", sim | {"build/dev/bin/crest-sim-planted": caught}, 0, "4 passed, 0 failed")
        missed = "echo ok seed 1; echo not ok planted $2: not caught; exit 1"
        self.ends("sim", sim | {"build/dev/bin/crest-sim-planted": missed}, 1, "1 passed, 3 failed")
        self.ends("sim", sim | {"build/dev/bin/crest-sim-planted": "exit 64"}, 1, "1 passed, 3 failed")

    def test_saved_inputs_are_replayed(self):
        self.ends("replay", {"build/dev/bin/replay_json": 'for f; do echo "ok $f"; done', "fuzz/corpus/json/a": "",
                             "fuzz/corpus/json/b": ""}, 0, "2 passed, 0 failed")


if __name__ == "__main__":
    unittest.main()
