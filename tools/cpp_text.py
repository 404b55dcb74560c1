"""C++ text as tidy sees it: tokens with their lines, statements and function bodies, no more."""

import re
from typing import Iterator, NamedTuple

TOKEN = re.compile(
    r"""(?P<space>\s+|\\\n)
      | (?P<comment>//(?:[^\n\\]|\\.|\\\n)*|/\*.*?\*/)
      | (?P<directive>\#(?:[^\n\\/]|\\\n|\\.|/(?!/))*)
      | (?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
      | (?P<string>(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*")
      | (?P<char>(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')
      | (?P<number>\.?\d(?:[eEpP][+-]|'?[\w.])*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign><=>|<<=|>>=|\.\.\.|->\*|::|->|\+\+|--|<<|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    kind: str  # directive, raw, string, char, number, word or sign
    text: str
    line: int


def tokens(text: str) -> list[Token]:
    """Comments and spaces are left out; a preprocessor line is one token."""
    found, line, at = [], 1, 0
    while at < len(text):
        match = TOKEN.match(text, at)
        kind = match.lastgroup if match.lastgroup != "tag" else "raw"
        if kind not in ("space", "comment"):
            found.append(Token(kind, match.group(), line))
        line += match.group().count("\n")
        at = match.end()
    return found


def partner(code: list[Token], start: int) -> int:
    """Index of the bracket that closes the one at start; the end of the text when there is none."""
    depth = 0
    for i in range(start, len(code)):
        if code[i].kind != "sign":
            continue
        if code[i].text in "([{":
            depth += 1
        elif code[i].text in ")]}":
            depth -= 1
            if depth == 0:
                return i
    return len(code)


def opener(code: list[Token], end: int) -> int:
    """Index of the bracket that opens what the one at end closes; -1 when there is none."""
    depth = 0
    for i in range(end, -1, -1):
        if code[i].kind != "sign":
            continue
        if code[i].text in ")]}":
            depth += 1
        elif code[i].text in "([{":
            depth -= 1
            if depth == 0:
                return i
    return -1


def statement_head(code: list[Token], end: int) -> list[Token]:
    """The tokens of the statement that holds code[end], up to but without it. A bracketed part is its opening
    token alone; a first token of kind `open` says that the statement stands inside parentheses: `control(`
    those of an if, switch or for, else `(`."""
    head, i = [], end - 1
    while i >= 0 and not (code[i].kind == "sign" and code[i].text in (";", "{", "}", "(", "[")):
        if code[i].kind == "sign" and code[i].text in (")", "]"):
            i = opener(code, i)
            if i < 0:
                break
        head.append(code[i])
        i -= 1
    if i >= 0 and code[i].kind == "sign" and code[i].text in ("(", "["):
        control = i and code[i - 1].text in ("if", "switch", "for")
        head.append(Token("open", "control(" if control else "(", code[i].line))
    head.reverse()
    return head


SCOPES = ("namespace", "class", "struct", "union", "enum", "extern")


def functions(code: list[Token]) -> Iterator[tuple[int, int, str]]:
    """(first line, last line, name) of each function with a body; lambdas count as lines of theirs."""
    code = [t for t in code if t.kind != "directive"]
    head, i = [], 0
    while i < len(code):
        token = code[i]
        if token.kind != "sign" or token.text not in ("{", "}", ";"):
            head.append(token)
        elif token.text != "{" or _opens_scope(head):
            head = []
        else:
            end = partner(code, i)
            after = code[end + 1].text if end + 1 < len(code) else ""
            if after in (",", "{"):  # a member's initialiser: the body is still to come
                head.extend((token, code[min(end, len(code) - 1)]))
            else:
                if _is_function(head) and end < len(code):
                    yield head[0].line, code[end].line, _name(head)
                if after != ";":
                    head = []
            i = end
        i += 1


def _plain(head: list[Token]) -> list[Token]:
    """The head without template parameters, attributes and access labels."""
    out, i = [], 0
    while i < len(head):
        text = head[i].text
        if text == "template" and i + 1 < len(head) and head[i + 1].text == "<":
            depth, i = 0, i + 1
            while i < len(head):
                depth += {"<": 1, ">": -1}.get(head[i].text, 0)
                i += 1
                if depth == 0:
                    break
            continue
        if text == "[" and i + 1 < len(head) and head[i + 1].text == "[":
            i = partner(head, i) + 1
            continue
        if text in ("public", "private", "protected") and i + 1 < len(head) and head[i + 1].text == ":":
            i += 2
            continue
        if text not in ("inline", "static", "constexpr", "typedef", "friend", "export"):
            out.append(head[i])
        i += 1
    return out


def _opens_scope(head: list[Token]) -> bool:
    plain = _plain(head)
    if not plain or plain[0].text not in SCOPES:
        return False
    return plain[0].text != "extern" or all(t.text != "(" for t in plain)


def _is_function(head: list[Token]) -> bool:
    depth, previous = 0, ""
    seen = False
    for token in head:
        if token.text in ("(", "[", "{") and token.kind == "sign":
            seen = seen or token.text == "("
            depth += 1
        elif token.text in (")", "]", "}") and token.kind == "sign":
            depth -= 1
        elif token.text == "=" and depth == 0 and previous != "operator":
            return False  # data, or a lambda that is data
        previous = token.text
    return seen


def _name(head: list[Token]) -> str:
    for i, token in enumerate(head[:-1]):
        if token.kind == "word" and head[i + 1].text == "(":
            return token.text
    return "function"
