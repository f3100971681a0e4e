#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tells a coordinator what nodes told another one. usage: replay.py FILE URL SPEED [TOKEN-FILE]

FILE has a line of JSON for each heartbeat, as tests/web/record.py makes it: the
first line names the nodes and regions; each other one has the seconds since the
beginning, the name of the node, and what it told. The nodes register and join,
and tell the same in the same order, SPEED times as fast, over and over; their
counters go on from one turn to the next. Goes on when the coordinator is gone
for a while."""

import json
import sys
import time
import urllib.error
import urllib.request

FILE, URL, SPEED, *TOKENS = sys.argv[1:]
HEADERS = {"Content-Type": "application/json"}
for name in TOKENS:
    with open(name, encoding="ascii") as secret:
        HEADERS["Authorization"] = "Bearer " + secret.read().strip()
LIFE = "0123456789abcdef0123456789abcdef"


def ask(path, body):
    """The answer to a POST; what is there already is no failure."""
    request = urllib.request.Request(URL + path, json.dumps(body).encode(), HEADERS)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code != 409:
            print(f"{path}: {error.code} {error.read().decode()}", file=sys.stderr, flush=True)
    except OSError as error:
        print(f"{path}: {error}", flush=True)
    return {}


def join(head):
    """Ids by name."""
    ids = {}
    for node in head["nodes"]:
        answer = ask("/nodes", {key: node[key] for key in ("name", "share", "reserve", "version")})
        ids[node["name"]] = answer["node"]["id"]
        ask(f"/nodes/{ids[node['name']]}/endpoint", {"incarnation": LIFE, "address": node["address"]})
    for region in head["regions"]:
        ask("/regions", region)
    return ids


def later(report, turn, last):
    """A report of a later turn: counters go on where the last turn ended."""
    def add(numbers, base):
        return {key: value + turn * base.get(key, 0) if not key.endswith("_bytes") or key in
                ("sent_bytes", "received_bytes") else value for key, value in numbers.items()}

    told = dict(report)
    told["stats"] = add(report["stats"], last["stats"])
    told["links"] = [{**link, **add({key: link[key] for key in ("answers", "sent_bytes", "received_bytes")
                                     if key in link}, old)}
                     for link, old in zip(report.get("links", []), last.get("links", []))]
    told["maps"] = [{**one, "heat": [count + turn * base for count, base in
                                     zip(one["heat"], old["heat"])]}
                    for one, old in zip(report["maps"], last["maps"])]
    moved = {page["page"]: page["moves"] for page in last["hot"]}
    told["hot"] = [{**page, "moves": page["moves"] + turn * moved.get(page["page"], 0)}
                   for page in report["hot"]]
    return told


def main():
    """Until it is ended."""
    with open(FILE, encoding="utf-8") as file:
        head, *beats = map(json.loads, file)
    ids = join(head)
    # Peers stand in the recording by the ids that they had there.
    number = {node["id"]: ids[node["name"]] for node in head["nodes"]}
    last = {beat["node"]: beat["report"] for beat in beats}
    turn = 0
    while True:
        began = time.monotonic()
        for beat in beats:
            time.sleep(max(0, began + beat["at"] / float(SPEED) - time.monotonic()))
            report = later(beat["report"], turn, last[beat["node"]])
            for link in report["links"]:
                link["peer"] = number[link["peer"]]
            ask(f"/nodes/{ids[beat['node']]}/lease", {"incarnation": LIFE, **report})
        turn += 1


main()
