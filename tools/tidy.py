#!/usr/bin/env python3
"""The rules of this code base, read from its text: tools/tidy.py [--tap] [ROOT].

Each rule is a function from (file, house) to findings; its docstring says why the rule is there.
"""

import argparse
import concurrent.futures
import functools
import hashlib
import os
import pathlib
import re
import subprocess
import sys
from typing import Iterator

import cpp_text

Finding = tuple[int, str]  # line, what to do

TOP_FOLDERS = ("src", "include", "tests", "fuzz", "bench", "examples", "tools", "packaging", "docs")
CPP = (".hpp", ".cpp")
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600
TEST_SHARE = 1.5  # a test may be longer: much of it is tables
BANNED_NAMES = {"util", "utils", "utility", "utilities", "common", "misc", "helper", "helpers"}
IO_HEADERS = re.compile(
    r"^(curl/|boost/asio|boost/beast|sqlite3|libpq|postgresql/|ldns/|unbound|libp11|prometheus/|systemd/"
    r"|sys/|net/|netinet/|arpa/|netdb\.h|fcntl\.h|unistd\.h|poll\.h|dirent\.h|spawn\.h|stdio\.h"
    r"|filesystem$|fstream$|iostream$|syncstream$)"
)
FILE_CALLS = {"fopen", "fdopen", "freopen", "fread", "fwrite", "fputs", "fputc", "fprintf", "printf", "puts",
              "putchar", "vprintf", "vfprintf", "popen", "tmpfile", "opendir", "BIO_new_file"}
PUBLIC_LIBRARIES = {"openssl.hpp": r"openssl/", "asio.hpp": r"boost/asio"}  # the two opt-in headers
ASSIGNS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="}


class House:
    """The layers as tools/layers.txt states them."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.rank: dict[str, int] = {}
        self.public: set[str] = set()
        self.only: dict[str, set[str]] = {}
        level = 0
        for line in (root / "tools/layers.txt").read_text().splitlines():
            key, colon, rest = line.partition("#")[0].partition(":")
            if colon and key.strip() == "public":
                self.public = set(rest.split())
            elif colon:
                self.only[key.strip()] = set(rest.split())
            else:
                level += 1
                self.rank.update((layer, level) for layer in key.split())


class File:
    def __init__(self, root: pathlib.Path, path: str):
        self.path = path
        self.parts = path.split("/")
        self.text = (root / path).read_text(errors="replace")
        self.is_cpp = path.endswith(CPP)
        self.is_test = path.endswith("_test.cpp") or self.parts[0] == "tests"
        self.layer = self.parts[1] if self.parts[0] == "src" and len(self.parts) > 2 else ""

    @functools.cached_property
    def code(self) -> list[cpp_text.Token]:
        return cpp_text.tokens(self.text) if self.is_cpp else []

    @functools.cached_property
    def includes(self) -> list[tuple[int, str, str]]:
        """(line, `<` or `"`, target)"""
        matches = ((t.line, re.match(r'#\s*include\s*([<"])([^>"]+)', t.text))
                   for t in self.code if t.kind == "directive")
        return [(line, m.group(1), m.group(2)) for line, m in matches if m]

    @property
    def shields_io(self) -> bool:
        """Whether decisions live here, so that reaching out is for others."""
        return self.parts[0] in ("src", "include") and self.layer not in ("adapters", "apps")


def layer_order(file: File, house: House) -> Iterator[Finding]:
    """A layer that knows only what is below it can be read, tested and replaced alone."""
    if file.parts[0] != "src":
        return
    if file.layer not in house.rank:
        yield 1, "put the file into a folder that tools/layers.txt names"
        return
    only = next((layers for folder, layers in house.only.items() if file.path.startswith(folder + "/")), None)
    for line, kind, target in file.includes:
        if target.startswith("crest/"):
            continue  # a public header
        other = target.split("/")[0] if "/" in target else ""
        if kind == '"' and other not in house.rank:
            yield line, f'write "{target}" as "layer/file.hpp" with a layer of tools/layers.txt'
        elif kind == "<" and other in house.rank:
            yield line, f'write "{target}" in quotes; angle brackets are for libraries and public headers'
        elif kind == '"' and only is not None and other not in only:
            yield line, f"take what {target} holds from the public headers: tools/layers.txt grants only these layers"
        elif kind == '"' and other != file.layer and house.rank[other] >= house.rank[file.layer]:
            yield line, f"{file.layer} must not know {other}: move the shared part below both, or pass it in"


def public_header(file: File, house: House) -> Iterator[Finding]:
    """What an embedder sees stays small, free of other libraries' types, and above the layers it hides."""
    inside = file.parts[0] == "include"
    for line, kind, target in file.includes:
        name = target.removeprefix("crest/")
        public = target.startswith("crest/")
        if public and kind == '"':
            yield line, f"write <{target}>: public headers stand in angle brackets"
        elif public and file.parts[0] == "src" and file.layer not in ("api", "apps") and name not in house.public:
            yield line, f"only api and apps may include {target}; below them: {', '.join(sorted(house.public))}"
        elif inside and not public and kind == '"':
            yield line, f"a public header must not include {target}, which is private"
        elif inside and not public and not re.fullmatch(r"[a-z_0-9]+", target):
            if not re.match(PUBLIC_LIBRARIES.get(file.parts[-1], "$^"), target):
                yield line, f"keep {target} out of a public header: show our own types"
        elif file.parts[0] == "examples" and kind == '"' and not public and "/" in target:
            yield line, f"an example includes public headers only, not {target}"


def name(file: File, house: House) -> Iterator[Finding]:
    """A drawer called `util` fills with what nobody placed; a name must say what is inside."""
    for part in file.parts:
        for word in re.split(r"[_.\-]", part):
            if word.lower() in BANNED_NAMES:
                yield 1, f"name {part} after what it holds"


def io_header(file: File, house: House) -> Iterator[Finding]:
    """Only adapters reach out; so everything else runs in the simulator."""
    if not file.shields_io or file.is_test:
        return
    for line, kind, target in file.includes:
        opt_in = file.parts[0] == "include" and re.match(PUBLIC_LIBRARIES.get(file.parts[-1], "$^"), target)
        if kind == "<" and IO_HEADERS.match(target) and not opt_in:
            yield line, f"<{target}> belongs into src/adapters; take a seam as an argument here"


def io_call(file: File, house: House) -> Iterator[Finding]:
    """The C library reaches files without a header that gives it away."""
    if not file.shields_io or file.is_test:
        return
    for before, token, after in zip(file.code, file.code[1:], file.code[2:]):
        if token.text in FILE_CALLS and after.text == "(" and before.text not in (".", "->"):
            yield token.line, f"{token.text} belongs into src/adapters; take a seam as an argument here"


def try_macro(file: File, house: House) -> Iterator[Finding]:
    """Compilers forget to destroy what was already built when TRY leaves the middle of an expression."""
    advice = "TRY stands alone: `auto x = TRY(f());`, `x = TRY(f());` or `TRY(f());`; name the value first"
    code = file.code
    for i, token in enumerate(code):
        if token.kind == "directive":
            if re.match(r"#\s*define\s+(?!TRY\b)[\s\S]*\bTRY\s*\(", token.text):
                yield token.line, "do not hide TRY in another macro"
        elif token.text == "TRY" and i + 1 < len(code) and code[i + 1].text == "(":
            end = cpp_text.partner(code, i + 1)
            whole = end + 1 < len(code) and code[end + 1].text == ";"
            if not whole or not _takes_try(cpp_text.statement_head(code, i)):
                yield token.line, advice


def _takes_try(head: list[cpp_text.Token]) -> bool:
    """Whether TRY may end the statement that begins with head."""
    texts = [t.text for t in head]
    if "?" in texts or texts[:1] == ["("]:
        return False
    while texts:  # what controls the statement is no part of it
        if texts[0] in ("if", "for", "while", "switch") and "(" in texts[:3]:
            texts = texts[texts.index("(") + 1:]
        elif texts[0] in ("else", "do", "control("):
            texts = texts[1:]
        elif texts[0] in ("case", "default") and ":" in texts:
            texts = texts[texts.index(":") + 1:]
        else:
            break
    if not texts:
        return True
    leaves = {"return", "co_return", "co_await", "co_yield", "throw", "static", "thread_local"}
    return texts[-1] in ASSIGNS and sum(t in ASSIGNS for t in texts) == 1 and not leaves & set(texts)


def coroutine(file: File, house: House) -> Iterator[Finding]:
    """g++ 12 destroys twice what a `co_await` operand builds in braces, and what a lambda in it captured."""
    for i, token in enumerate(file.code):
        if token.text != "co_await":
            continue
        depth = 0
        for after in file.code[i + 1:]:
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(after.text, 0) if after.kind == "sign" else 0
            if depth < 0 or (after.kind == "sign" and after.text == ";" and depth == 0):
                break
            if after.kind == "sign" and after.text == "{":
                yield token.line, "give co_await named locals only: build the value or the lambda in a statement before"
                break


def environment(file: File, house: House) -> Iterator[Finding]:
    """A library that reads the environment cannot be told what to do by its user."""
    if file.parts[0] not in ("src", "include") or file.layer == "apps":
        return
    for token in file.code:
        if token.text in ("getenv", "secure_getenv", "environ"):
            yield token.line, "read the environment in src/apps and pass the value as an option"


def clock(file: File, house: House) -> Iterator[Finding]:
    """Time is an argument; code that asks for it cannot be simulated, and its tests wait."""
    in_main = file.layer == "apps" and re.search(r"(^|_)main\.cpp$", file.parts[-1])
    if file.parts[0] not in ("src", "include") or file.layer == "adapters" or in_main:
        return
    texts = [t.text for t in file.code]
    for i, text in enumerate(texts):
        asks = (text in ("system_clock", "steady_clock", "high_resolution_clock") and texts[i + 1:i + 3] == ["::", "now"]
                or text == "this_thread" and texts[i + 2:i + 3] in (["sleep_for"], ["sleep_until"])
                or text == "time" and texts[i + 1:i + 2] == ["("] and texts[i + 2:i + 3] in (["nullptr"], ["NULL"], ["0"])
                or text in ("gettimeofday", "clock_gettime", "usleep", "nanosleep"))
        if asks:
            yield file.code[i].line, "take the time as an argument, or a Clock"


def length(file: File, house: House) -> Iterator[Finding]:
    """A function over 70 lines or a file over 600 tells you to split it by meaning."""
    if not file.is_cpp:
        return
    share = TEST_SHARE if file.is_test else 1
    file_max, function_max = int(FILE_LINES_MAX * share), int(FUNCTION_LINES_MAX * share)
    lines = file.text.count("\n")
    if lines > file_max:
        yield file_max, f"{lines} lines: split the file by meaning (at most {file_max})"
    for first, last, called in cpp_text.functions(file.code):
        if last - first + 1 > function_max:
            yield first, f"{called} has {last - first + 1} lines: split it by meaning (at most {function_max})"


def marker(file: File, house: House) -> Iterator[Finding]:
    """What is left for later belongs into the issue tracker, where somebody will see it."""
    for number, line in enumerate(file.text.splitlines(), 1):
        if re.search(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b", line):
            yield number, "do it, or open an issue and say here what holds now"


def link(file: File, house: House) -> Iterator[Finding]:
    """A page that sends its reader nowhere is worse than one that says nothing."""
    if not file.path.endswith(".md"):
        return
    for number, line in enumerate(file.text.splitlines(), 1):
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", line):
            if not (house.root / file.path).parent.joinpath(target).exists():
                yield number, f"{target} is not there"


def layer_map(file: File, house: House) -> Iterator[Finding]:
    """The map shows every layer, in the order in which they stand."""
    if file.path == "docs/architecture.md":
        rows = [layer for layer in re.findall(r"^\| `(\w+)` \|", file.text, re.MULTILINE) if layer in house.rank]
        if sorted(rows) != sorted(house.rank) or sorted(rows, key=house.rank.get) != rows:
            yield 1, f"give each layer its row in the table, lowest first: {', '.join(house.rank)}"


RULES = [layer_order, public_header, name, io_header, io_call, try_macro, coroutine, environment, clock, length, marker,
         link, layer_map]


def files_of(root: pathlib.Path) -> Iterator[File]:
    suffixes = CPP + (".py", ".sh", ".cmake", ".txt", ".md")
    for page in sorted(root.glob("*.md")):
        yield File(root, page.name)
    for top in TOP_FOLDERS:
        for folder, folders, names in os.walk(root / top):
            folders[:] = sorted(f for f in folders if f not in ("corpus", "__pycache__"))
            for file in sorted(names):
                if file.endswith(suffixes):
                    yield File(root, str(pathlib.Path(folder, file).relative_to(root)))


def header_alone(files: list[File], house: House) -> Iterator[tuple[str, int, str]]:
    """A header that needs another one first breaks whoever includes it in another order. Included twice, too."""
    compiler = [os.environ.get("CXX", "g++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-missing-field-initializers",
                "-Werror", "-Isrc", "-Iinclude"]
    version = subprocess.run([compiler[0], "--version"], capture_output=True, check=True).stdout
    by_name = {f.path.split("/", 1)[1]: f for f in files if f.path.endswith(".hpp") and f.parts[0] in ("src", "include")}
    good_file = house.root / "build/tidy/headers"
    good = set(good_file.read_text().split()) if good_file.exists() else set()

    def print_of(header: str) -> str:
        """What the outcome depends on: the text of the header and of all of ours below it."""
        seen, todo = {header}, [header]
        while todo:
            for _, _, target in by_name[todo.pop()].includes:
                if target in by_name and target not in seen:
                    seen.add(target)
                    todo.append(target)
        text = "".join(name + by_name[name].text for name in sorted(seen))
        return hashlib.sha256((header + " ".join(compiler) + text).encode() + version).hexdigest()

    def compile_one(header: str) -> str:
        unit = f"#include <{header}>\n#include <{header}>\n"
        run = subprocess.run([*compiler, "-x", "c++", "-"], input=unit, capture_output=True, text=True, cwd=house.root)
        return "" if run.returncode == 0 else run.stderr

    prints = {header: print_of(header) for header in by_name}
    due = [header for header in by_name if prints[header] not in good]
    if len(due) > 2:
        print(f"tidy: compiling {len(due)} headers, each alone", file=sys.stderr)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, errors in zip(due, pool.map(compile_one, due)):
            if errors:
                first = next((line for line in errors.splitlines() if "error" in line), errors.strip())
                yield by_name[header].path, 1, f"make it compile alone: {first}"
                del prints[header]
    good_file.parent.mkdir(parents=True, exist_ok=True)
    good_file.write_text("\n".join(sorted(prints.values())))


def formatting(files: list[File], house: House) -> Iterator[tuple[str, int, str]]:
    """One format for all: nobody argues, and a change shows only what changed."""
    paths = [f.path for f in files if f.is_cpp]
    if not paths:
        return
    run = subprocess.run(["clang-format-19", "--dry-run", *paths], capture_output=True, text=True, cwd=house.root)
    reported = set()
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error):", run.stderr, re.MULTILINE):
        if path not in reported:
            reported.add(path)
            yield path, int(line), "run ./dev format"
    if run.returncode:
        yield ".clang-format", 1, run.stderr.strip()


def check(root: pathlib.Path, compiler: bool = True) -> dict[str, list[tuple[str, int, str]]]:
    """The findings (path, line, what to do) of each rule; without compiler those of the text alone."""
    house = House(root)
    files = list(files_of(root))
    found = {rule.__name__: [(f.path, line, advice) for f in files for line, advice in rule(f, house)] for rule in RULES}
    if compiler:
        found["formatting"] = list(formatting(files, house))
        found["header_alone"] = list(header_alone(files, house))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tap", action="store_true", help="end with a line `ok RULE` or `not ok RULE` for each rule")
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    options = parser.parse_args()

    found = check(options.root)
    for rule, findings in found.items():
        for path, line, advice in sorted(findings):
            print(f"{path}:{line}: {rule}: {advice}")
    count = sum(map(len, found.values()))
    if options.tap:
        for rule, findings in found.items():
            print(f"{'not ok' if findings else 'ok'} {rule}")
    else:
        print(f"tidy: {len(found)} rules, {count or 'no'} finding{'s' if count != 1 else ''}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
