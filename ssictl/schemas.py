#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts the schemas of JSON output into one JSON object, by command.
usage: ssictl/schemas.py FOLDER

FOLDER has a file for each command, with a hyphen for a blank. A file whose name
begins with _ is there to be referred to, and what stands beside the reference is
added to it. That is resolved here: what ssictl prints stands alone."""

import json
import pathlib
import sys

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def add(base, more):
    """A schema with more properties and requirements."""
    return {**base, **more,
            "properties": {**base["properties"], **more.get("properties", {})},
            "required": base["required"] + more.get("required", [])}


def load(path):
    """A schema with what it refers to."""
    def resolve(value):
        if isinstance(value, list):
            return [resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        own = {key: resolve(item) for key, item in value.items() if key != "$ref"}
        return add(load(path.parent / value["$ref"]), own) if "$ref" in value else own
    return resolve(json.loads(path.read_text(encoding="utf-8")))


def load_all(folder):
    """All schemas, by command."""
    return {path.stem.replace("-", " "): {"$schema": DRAFT, **load(path)}
            for path in sorted(pathlib.Path(folder).glob("[!_]*.json"))}


if __name__ == "__main__":
    json.dump(load_all(sys.argv[1]), sys.stdout)
