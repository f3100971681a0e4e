#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is JSON what the schema of a command says? No more than it says, either.
usage: tests/unit/ssictl_schema.py [--all] COMMAND <JSON
       tests/unit/ssictl_schema.py --files FILE...

The input is a document or a list of them. With --all everything that the schema
knows has to be in one of them at least. Prints what is wrong. --files: each begins
with a line that names its command."""

import json
import os
import sys

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.append(os.path.join(HERE, "../../ssictl"))
# pylint: disable=wrong-import-position,import-error
from schemas import load_all


def strict(schema):
    """The same schema, but nothing may be there that it does not name."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def paths_of(schema, path=""):
    """Where the schema expects values, such as nodes[].peers[].share."""
    for key, inner in schema.get("properties", {}).items():
        yield path + key
        yield from paths_of(inner, path + key + ".")
    if "items" in schema:
        yield from paths_of(schema["items"], path[:-1] + "[].")


def found_in(value, path=""):
    """The same of a document."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield path + key
        yield from found_in(inner, path + key + ".")
    for inner in value if isinstance(value, list) else ():
        yield from found_in(inner, path[:-1] + "[].")


def is_right(command, text, complete):
    """Prints a line for all that is wrong. False when there is anything."""
    schema = load_all(os.path.join(HERE, "../../ssictl/schema"))[command]
    jsonschema.Draft202012Validator.check_schema(schema)
    documents = json.loads(text)
    if not isinstance(documents, list):
        documents = [documents]
    validator = jsonschema.Draft202012Validator(strict(schema))
    wrong = [f"{error.json_path}: {error.message}"
             for document in documents for error in validator.iter_errors(document)]
    if complete:
        found = {path for document in documents for path in found_in(document)}
        wrong += [f"{path} is not there" for path in paths_of(schema) if path not in found]
    for line in wrong:
        print(f"JSON of ssictl {command}: {line}")
    return not wrong


def main():
    """Fails when anything is wrong."""
    if sys.argv[1] != "--files":
        sys.exit(not is_right(sys.argv[-1], sys.stdin.read(), sys.argv[1] == "--all"))
    right = True
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            command = file.readline().strip()
            right = is_right(command, file.read(), False) and right
    sys.exit(not right)


main()
