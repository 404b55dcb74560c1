#!/usr/bin/env python3
"""check_schema.py NAME [CLASS]: standard input is JSON after docs/schema/NAME.json, and its class is CLASS.

Knows the part of JSON Schema that docs/schema uses, and refuses a schema that uses more.
"""

import json
import pathlib
import re
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "docs/schema"
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
KNOWN = {"$schema", "$ref", "title", "description", "type", "properties", "required", "additionalProperties", "items",
         "enum", "oneOf", "pattern", "format"}


def load(name: str) -> dict:
    return json.loads((SCHEMAS / name).read_text())


def faults(value, schema: dict, path: str = "$") -> list[str]:
    unknown = set(schema) - KNOWN
    assert not unknown, f"teach check_schema.py {unknown}"
    if "$ref" in schema:
        return faults(value, load(schema["$ref"]), path)
    found = []
    if "oneOf" in schema:
        each = [faults(value, option, path) for option in schema["oneOf"]]
        if sum(not one for one in each) != 1:
            found += min(each, key=len) or [f"{path}: several shapes fit"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path}: {value!r} is none of {schema['enum']}")
    kind = TYPES.get(schema.get("type", ""))
    if kind and (not isinstance(value, kind) or kind is int and isinstance(value, bool)):
        return found + [f"{path}: {value!r} is no {schema['type']}"]
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            found.append(f"{path}: {value!r} does not match {schema['pattern']}")
        if schema.get("format") == "date-time" and not TIME.fullmatch(value):
            found.append(f"{path}: {value!r} is no time")
    if isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            found += faults(item, schema["items"], f"{path}[{index}]")
    if isinstance(value, dict):
        members = schema.get("properties", {})
        found += [f"{path}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, member in value.items():
            if name in members:
                found += faults(member, members[name], f"{path}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{path}: {name} is not in the schema")
    return found


def main() -> int:
    value = json.load(sys.stdin)
    found = faults(value, load(sys.argv[1] + ".json"))
    if len(sys.argv) > 2 and value.get("class") != sys.argv[2]:
        found.append(f"class is {value.get('class')!r}, not {sys.argv[2]!r}")
    print("\n".join(found) or "good")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
