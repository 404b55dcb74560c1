#!/usr/bin/env python3
"""A document that names a test must name one that there is."""
import functools
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENTS = ("docs/cas-compared.md", "docs/threat_model.md")
DEFINITION = re.compile(r"^(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)


@functools.cache
def tests() -> frozenset[str]:
    """Suite.Name of every one in the sources, as DEFINITION finds them."""
    files = [file for folder in ("src", "tests") for kind in ("*.cpp", "*.hpp") for file in (ROOT / folder).rglob(kind)]
    return frozenset(f"{suite}.{name}" for file in files for suite, name in DEFINITION.findall(file.read_text()))


def there_is(name: str) -> bool:
    """`Suite.Name`, `script: words of a case`, or `prove N`."""
    if found := re.fullmatch(r"prove (\d+)", name):
        return any((ROOT / "tests/prove").glob(f"{found[1]}_*"))
    if ": " in name:
        script, words = name.split(": ", 1)
        return any(words in file.read_text() for folder in ("system", "interop") for file in (ROOT / "tests" / folder).glob(script))
    return name in tests()


def named(text: str) -> list[str]:
    """What stands in backquotes and looks like a test."""
    return [name for name in re.findall(r"`([^`\n]+)`", text)
            if re.fullmatch(r"[A-Z]\w*\.[A-Z]\w*|\w+\.(?:sh|py): .+|prove \d+", name)]


class DocumentsTest(unittest.TestCase):
    def test_what_they_name_is_there(self):
        for document in DOCUMENTS:
            names = named((ROOT / document).read_text())
            self.assertGreater(len(names), 50, document)
            for name in names:
                self.assertTrue(there_is(name), f"{document} names {name}, and there is no such test")

    def test_what_is_not_there_is_missed(self):
        for name in ("AuthorityTest.NoSuchThing", "status_test.sh: no such words", "no_such_test.sh: ok", "prove 99"):
            self.assertFalse(there_is(name), name)

    def test_tests_are_told_from_other_words(self):
        self.assertEqual(named("`A.B_1`, `ca.toml`, `x_test.sh: some words`, `prove 16`, `alg`, `./dev prove N`"),
                         ["A.B_1", "x_test.sh: some words", "prove 16"])

    def test_every_cell_of_ours_that_is_not_no_has_a_test(self):
        for line in (ROOT / "docs/cas-compared.md").read_text().splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| ") and cells[-1] not in ("shown by", "crest-ca") and not cells[-1].startswith("`"):
                ours = cells[-2] if cells[-1] == "" else cells[-1]
                self.assertRegex(ours, r"^N\b", line)

    def test_every_fault_of_a_server_is_in_the_threat_model(self):
        text = (ROOT / "docs/threat_model.md").read_text()
        rows = {int(number) for number in re.findall(r"^\| SF(\d+) \|.*`", text, re.MULTILINE)}
        in_tests = {int(number) for name in tests() for number in re.findall(r"SF(\d+)", name)}
        self.assertEqual(in_tests - rows, set())


if __name__ == "__main__":
    unittest.main()
