#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the program's routes, their roles and the words of its refusals to
uapi/openapi.yaml, and the answers of a running coordinator to its schemas.
usage: openapi.py PROGRAM [URL]"""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request

import jsonschema

METHODS = ("get", "post", "delete", "put", "patch", "head", "options")
SPEC = json.loads(subprocess.run(
    ["coordinator/yaml2json", "uapi/openapi.yaml", "uapi/openapi-page.yaml"],
    check=True, capture_output=True).stdout)
failed = False
number = 0


def check(what, wrong):
    """A line of TAP."""
    global failed, number
    number += 1
    failed |= bool(wrong)
    print(f"{'not ok' if wrong else 'ok'} {number} - {what}")
    for line in wrong:
        print(f"# {line}")


def routes_of_spec():
    """METHOD PATH ROLE of each operation."""
    return {f"{method.upper()} {path} {operation.get('x-role')}"
            for path, item in SPEC["paths"].items()
            for method, operation in item.items() if method in METHODS}


def routes_of_program():
    """The same, as the program prints them."""
    text = subprocess.run([sys.argv[1], "--routes"], check=True, capture_output=True,
                          text=True).stdout
    return {" ".join(line.split()) for line in text.splitlines()}


def words_of_program():
    """The words of problem.c."""
    with open("coordinator/problem.c", encoding="utf-8") as file:
        return set(re.findall(r'\[SSI_PROBLEM_\w+\] = \{ "([a-z-]+)"', file.read())) - {"none"}


def references(thing):
    """All $ref of a description."""
    if isinstance(thing, dict):
        for key, value in thing.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from references(value)


def unresolved():
    """References to nothing."""
    for reference in references(SPEC):
        at = SPEC
        for key in reference[2:].split("/"):
            at = at.get(key, {})
        if not at:
            yield reference


def resolve(thing):
    """What a reference stands for."""
    while "$ref" in thing:
        at = SPEC
        for key in thing["$ref"][2:].split("/"):
            at = at[key]
        thing = at
    return thing


def schema_of(path, method, status):
    """The schema of an answer with JSON."""
    responses = SPEC["paths"][path][method]["responses"]
    content = resolve(responses.get(str(status)) or responses["default"])["content"]
    (part,) = content.values()
    return {**part["schema"], "components": SPEC["components"]}


def ask(url, method, target, body):
    """Status and answer."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + target, data=data, method=method,
                                     headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def exchanges():
    """Requests in an order that makes each of them possible."""
    life = "0123456789abcdef0123456789abcdef"
    node = {"incarnation": life, "address": "192.0.2.7:7000"}
    vm = {"name": "g", "region": "described", "vcpus": 1, "state": "running"}
    return (
        ("GET", "/cluster", "/cluster", None),
        ("POST", "/cluster", "/cluster", {"name": "lab"}),
        ("POST", "/cluster", "/cluster", {"name": "again"}),
        ("POST", "/nodes", "/nodes", {"name": "seven", "share": 1 << 30, "version": "0.1"}),
        ("POST", "/nodes/{id}/endpoint", "/nodes/0/endpoint", node),
        ("POST", "/nodes/{id}/lease", "/nodes/0/lease",
         {"incarnation": life, "stats": {"a_bytes": 1}, "vms": [vm],
          "times": [{"phase": "total", "count": 2, "p50_ns": 3, "p99_ns": 4}],
          "links": [{"peer": 1, "state": "up", "tls": True, "answers": 5, "sent_bytes": 6}],
          "maps": [{"region": "described", "size": 1 << 20, "step": 1, "owned": [7],
                    "copies": [8], "heat": [9]}],
          "hot": [{"region": "described", "page": 10, "moves": 11}]}),
        ("GET", "/stats", "/stats", None),
        ("GET", "/stats", "/stats?since=1x", None),
        ("GET", "/maps", "/maps?region=described", None),
        ("GET", "/maps", "/maps", None),
        ("GET", "/nodes", "/nodes", None),
        ("GET", "/nodes/{id}", "/nodes/0", None),
        ("GET", "/nodes/{id}", "/nodes/63", None),
        ("GET", "/nodes/{id}/endpoint", "/nodes/0/endpoint", None),
        ("GET", "/endpoints", "/endpoints", None),
        ("POST", "/regions", "/regions", {"name": "described", "size": 1 << 20}),
        ("GET", "/regions", "/regions", None),
        ("GET", "/regions/{id}", "/regions/1", None),
        ("GET", "/vms", "/vms", None),
        ("GET", "/cluster", "/cluster", None),
        ("POST", "/nodes/{id}/drain", "/nodes/0/drain", {}),
        ("GET", "/pages/{region}/{address}", "/pages/9/0", None),
        ("DELETE", "/regions/{id}", "/regions/1", None),
        ("DELETE", "/nodes/{id}", "/nodes/0", None),
        ("GET", "/health", "/health", None),
        ("GET", "/readyz", "/readyz", None),
        ("GET", "/openapi.json", "/openapi.json", None),
        ("DELETE", "/cluster", "/cluster", None),
    )


def check_answers(url):
    """Each answer is as described; the schemas refuse what is not."""
    for method, path, target, body in exchanges():
        status, answer = ask(url, method, target, body)
        schema = schema_of(path, method.lower(), status)
        errors = jsonschema.Draft202012Validator(schema).iter_errors(answer)
        check(f"{method} {path}: an answer with {status} is as described",
              [error.message for error in errors])


check("routes and roles are those of the description",
      [f"only in one: {route}" for route in sorted(routes_of_spec() ^ routes_of_program())])
check("all problems are described",
      [f"only in one: {word}" for word in sorted(words_of_program() ^ set(SPEC["x-problems"]))])
check("all references lead somewhere", list(unresolved()))
if len(sys.argv) > 2:
    check_answers(sys.argv[2])
print(f"1..{number}")
sys.exit(failed)
