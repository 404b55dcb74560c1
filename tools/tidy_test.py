#!/usr/bin/env python3
"""Plants violations into small trees and sees that tidy finds each, where it stands, and nothing else."""

import pathlib
import tempfile
import unittest

import cpp_text
import tidy

LAYERS = (pathlib.Path(__file__).parent / "layers.txt").read_text()
TRY_IS = "try_macro"


def findings(files: dict[str, str], compiler: bool = False) -> list[tuple[str, str, int]]:
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in {"tools/layers.txt": LAYERS, ".clang-format": "BasedOnStyle: Google\n", **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        found = tidy.check(root, compiler)
        return [(rule, path, line) for rule, places in found.items() for path, line, _ in places]


class Text(unittest.TestCase):
    def finds(self, rule: str, path: str, text: str, line: int = 1):
        self.assertEqual(findings({path: text}), [(rule, path, line)], text)

    def passes(self, path: str, text: str):
        self.assertEqual(findings({path: text}), [], text)

    def test_layers_include_what_is_below_them_only(self):
        self.passes("src/client/a.cpp", '#include "client/a.hpp"\n#include "acme/order.hpp"\n')
        self.finds("layer_order", "src/client/a.hpp", '// x\n#include "ca/ra/order.hpp"\n', 2)
        self.finds("layer_order", "src/core/a.hpp", '#include "encoding/json.hpp"\n')
        self.finds("layer_order", "src/http/a_test.cpp", '#  include "dns/name.hpp"\n')
        self.finds("layer_order", "src/http/a.cpp", '#include "a.hpp"\n')
        self.finds("layer_order", "src/http/a.cpp", "#include <core/a.hpp>\n")
        self.finds("layer_order", "src/extra/a.cpp", "int a;\n")
        self.passes("src/client/a.cpp", '/* #include "ca/a.hpp" */ // #include "ca/b.hpp"\nauto x = R"(\n#include "ca/c.hpp"\n)";\n')

    def test_the_crest_command_has_the_public_headers_only(self):
        self.passes("src/apps/crest/a.cpp", '#include <crest/client.hpp>\n#include "apps/a.hpp"\n#include "core/log.hpp"\n')
        self.finds("layer_order", "src/apps/crest/a.cpp", '#include "client/session.hpp"\n')
        self.finds("layer_order", "src/apps/crest/a.cpp", '#include "ca/web/router.hpp"\n')
        self.passes("src/apps/crest_ca/a.cpp", '#include "ca/web/router.hpp"\n')

    def test_public_headers_stay_above_and_clean(self):
        self.passes("src/client/a.hpp", "#include <crest/result.hpp>\n")
        self.finds("public_header", "src/client/a.hpp", "#include <crest/client.hpp>\n")
        self.finds("public_header", "src/api/a.cpp", '#include "crest/client.hpp"\n')
        self.finds("public_header", "include/crest/client.hpp", '#include "client/session.hpp"\n')
        self.finds("public_header", "include/crest/client.hpp", "#include <openssl/ssl.h>\n")
        self.passes("include/crest/openssl.hpp", "#include <openssl/ssl.h>\n")
        self.passes("include/crest/asio.hpp", "#include <boost/asio/ip/tcp.hpp>\n")
        self.finds("public_header", "examples/a.cpp", '#include "client/session.hpp"\n')

    def test_names_say_what_is_inside(self):
        self.finds("name", "src/core/utils/a.hpp", "")
        self.finds("name", "src/core/string_util.hpp", "")
        self.finds("name", "tests/interop/helpers.sh", "")
        self.passes("src/core/utilisation.hpp", "")

    def test_only_adapters_and_apps_reach_out(self):
        for header in ("curl/curl.h", "boost/asio/ssl.hpp", "boost/beast.hpp", "sqlite3.h", "libpq-fe.h", "sys/socket.h",
                       "netinet/in.h", "netdb.h", "fcntl.h", "unistd.h", "filesystem", "fstream", "iostream"):
            self.finds("io_header", "src/client/a.cpp", f"#include <{header}>\n")
            self.passes("src/adapters/a.cpp", f"#include <{header}>\n")
            self.passes("src/client/a_test.cpp", f"#include <{header}>\n")
        self.passes("src/encoding/a.cpp", "#include <boost/json/basic_parser_impl.hpp>\n")
        self.finds("io_call", "src/client/a.cpp", 'void f() {\n  auto x = std::fopen("a", "r");\n}\n', 2)
        self.passes("src/client/a.cpp", "void f(Log& log) { log.puts(1); snprintf(b, 2, c); }\n")

    def test_try_stands_alone(self):
        for body in ("TRY(f());", "auto x = TRY(f(1, {2}));", "const auto& [a, b] = TRY(f());", "x = TRY(f());", "x += TRY(f());",
                     "out[i] = TRY(f());", "*out = TRY(f());", "if (x) TRY(f());", "if (x) y = TRY(f());", "else TRY(f());",
                     "if (auto x = TRY(f()); x) g();", "switch (x) { case A::b: y = TRY(f()); }", "default: TRY(f());",
                     "std::map<int, int> m = TRY(f());", "auto g = [&]() -> Result<void> { TRY(f()); return {}; };",
                     "for (auto& x : xs) TRY(f());", "do TRY(f()); while (x);", "for (auto x = TRY(f()); x; ++x) {}",
                     '// return TRY(f());\n auto s = "TRY(x) + 1"; auto r = R"(g(TRY(x)))";', "a.b->c = TRY(f());"):
            self.passes("src/client/a.cpp", f"Result<int> g() {{\n{body}\n}}\n")

    def test_try_stands_nowhere_else(self):
        for body in ("return Order{.a = TRY(x()), .b = 1};", "Order o{.a = TRY(x())};", "Order o = {TRY(x())};", "return TRY(x());",
                     "f(TRY(x()));", "auto y = TRY(x()) + 1;", "auto y = 1 + TRY(x());", "auto y = !TRY(x());", "auto y = TRY(x()).z;",
                     "auto y = a ? b : TRY(x());", "a ? b : TRY(x());", "for (auto& y : TRY(x())) g();", "if (TRY(x())) g();",
                     "while (auto y = TRY(x())) g();", "auto y = z = TRY(x());", "Order o(TRY(x()));", "auto y{TRY(x())};",
                     "static auto y = TRY(x());", "throw TRY(x());", "(void)TRY(x());", "g(y = TRY(x()));", "g([&] { return TRY(x()); });",
                     "out.push_back(TRY(x()));", "auto y = *TRY(x());", "return y = TRY(x());", "auto y = T{TRY(x())}.z;"):
            self.finds(TRY_IS, "src/client/a.cpp", f"Result<int> g() {{\n{body}\n}}\n", 2)
        self.finds(TRY_IS, "src/client/a.cpp", "auto a = TRY(f(\n  TRY(g())));\n", 2)
        self.finds(TRY_IS, "src/client/a.hpp", "int a;\n#define GET(x) \\\n  TRY(x)\n", 2)
        self.passes("src/core/a.hpp", "#define TRY(...) \\\n  __extension__({ f(__VA_ARGS__); })\n")

    def test_co_await_takes_named_values(self):
        self.passes("src/adapters/a.cpp", "void f() {\n  if (co_await http::read(stream, request, use)) { g(); }\n  co_await f;\n}\n")
        self.finds("coroutine", "src/adapters/a.cpp", "void f() {\n  co_await g({.a = 1});\n}\n", 2)
        self.finds("coroutine", "src/adapters/a.cpp", "void f() {\n  co_await g(A{1});\n}\n", 2)
        self.finds("coroutine", "src/adapters/a.cpp", "void f() {\n  co_await g([x] { return x; });\n}\n", 2)

    def test_the_environment_is_for_apps(self):
        self.finds("environment", "src/api/a.cpp", 'auto x = std::getenv("HOME");\n')
        self.passes("src/apps/crest/a.cpp", 'auto x = std::getenv("HOME");\n')

    def test_time_is_an_argument(self):
        for text in ("std::chrono::system_clock::now()", "std::chrono::steady_clock::now()", "time(nullptr)", "std::time(NULL)",
                     "std::this_thread::sleep_for(x)"):
            self.finds("clock", "src/client/a.cpp", f"auto x = {text};\n")
            self.passes("src/adapters/a.cpp", f"auto x = {text};\n")
            self.passes("src/apps/crest_main.cpp", f"auto x = {text};\n")
            self.passes("bench/a.cpp", f"auto x = {text};\n")
        self.passes("src/client/a.cpp", "auto x = clock.now(); auto y = time(text); std::chrono::system_clock::time_point t;\n")

    def test_length(self):
        def body(lines):
            return "  f();\n" * lines
        self.passes("src/core/a.cpp", f"void g() {{\n{body(68)}}}\n" * 2)
        self.finds("length", "src/core/a.cpp", f"namespace a {{\nclass B {{\n  void g() {{\n{body(69)}  }}\n}};\n}}\n", 3)
        self.finds("length", "src/core/a.cpp", f"B::B() : a_{{1}},\n b_{{2}} {{\n{body(68)}}}\n", 1)
        self.passes("src/core/a.cpp", "constexpr int table[] = {\n" + "  1,\n" * 100 + "};\n")
        self.finds("length", "src/core/a.cpp", "int a;\n" * 601, 600)
        self.passes("src/core/a_test.cpp", "int a;\n" * 900)
        self.passes("src/core/a_test.cpp", f"TEST(A, b) {{\n{body(103)}}}\n")
        self.finds("length", "src/core/a_test.cpp", f"TEST(A, b) {{\n{body(104)}}}\n")

    def test_leftover_markers(self):
        for word in ("TO" "DO", "FIX" "ME", "X" "XX"):
            self.finds("marker", "src/core/a.cpp", f"int a;\n// {word}: later\n", 2)
        self.passes("tests/system/a_test.sh", "mktemp /a.XXXXXX\n")

    def test_links_lead_somewhere(self):
        self.passes("docs/a.md", "[b](a.md#part) [c](https://example.org/x) [d](../tools/layers.txt)\n")
        self.finds("link", "README.md", "a\n[b](docs/b.md)\n", 2)

    def test_the_map_has_each_layer(self):
        rows = [f"| `{layer}` | x |\n" for line in LAYERS.splitlines() if ":" not in line and "#" not in line
                for layer in line.split()]
        self.passes("docs/architecture.md", "".join(rows) + "| `Clock` | x |\n")
        self.finds("layer_map", "docs/architecture.md", "".join(rows[1:]))
        self.finds("layer_map", "docs/architecture.md", "".join(reversed(rows)))


class Compiler(unittest.TestCase):
    def test_each_header_compiles_alone_and_twice(self):
        files = {"src/core/a.hpp": "#pragma once\n#include <string>\nstd::string a();\n",
                 "src/core/b.hpp": '#pragma once\n#include "core/a.hpp"\nstd::vector<int> b();\n',
                 "src/core/c.hpp": "struct C {};\n"}
        self.assertEqual(findings(files, compiler=True),
                         [("header_alone", "src/core/b.hpp", 1), ("header_alone", "src/core/c.hpp", 1)])

    def test_a_good_header_is_not_compiled_again_until_something_below_it_changes(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in {"tools/layers.txt": LAYERS, "src/core/a.hpp": "#pragma once\n#include <string>\n",
                               "src/core/b.hpp": '#pragma once\n#include "core/a.hpp"\nstd::string b();\n'}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            self.assertEqual(tidy.check(root)["header_alone"], [])
            remembered = (root / "build/tidy/headers").read_text().split()
            self.assertEqual(len(remembered), 2)
            (root / "src/core/a.hpp").write_text("#pragma once\n")
            self.assertEqual([path for path, _, _ in tidy.check(root)["header_alone"]], ["src/core/b.hpp"])

    def test_format(self):
        files = {"src/core/a.cpp": "int a;\nint   b;\nint   c;\n"}
        self.assertEqual(findings(files, compiler=True), [("formatting", "src/core/a.cpp", 2)])


class Tokens(unittest.TestCase):
    def test_what_is_no_code_is_left_out(self):
        code = cpp_text.tokens("a // b\n/* c\n*/ d \"e // f\" 'g' R\"x(h)\" )x\" 1'000 #")
        self.assertEqual([(t.text, t.line) for t in code],
                         [("a", 1), ("d", 3), ('"e // f"', 3), ("'g'", 3), ('R"x(h)" )x"', 3), ("1'000", 3), ("#", 3)])

    def test_functions(self):
        text = ("template <class T>\nT f(T t) {\n  if (t) {\n  }\n}\nstruct S {\n  S() : a_{1} { g(); }\n"
                "  bool operator==(const S&) const = default;\n  int a_ = {2};\n};\nTEST(A, b) {\n}\n")
        self.assertEqual([(first, last) for first, last, _ in cpp_text.functions(cpp_text.tokens(text))],
                         [(1, 5), (7, 7), (11, 12)])


if __name__ == "__main__":
    unittest.main()
