#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes of what tests/web/sampled.sh wrote the heartbeats that tell the same,
for tests/web/replay.py: from the first remote fault on, as nothing much happens
before. usage: samples.py FILE... >recorded.jsonl"""

import json
import sys

CHUNK = 2 << 20
PAGE = 4096
# Seconds before the first remote fault.
LEAD = 40
REMOTE = ("read", "write", "upgrade")
# Of the pages that move most a heartbeat tells so many.
HOT = 16


def documents(path):
    """The documents of a file; the last one may have been cut off."""
    decoder = json.JSONDecoder()
    with open(path, encoding="utf-8") as file:
        text = file.read()
    while text := text.lstrip():
        try:
            document, end = decoder.raw_decode(text)
        except json.JSONDecodeError:
            return
        yield document
        text = text[end:]


def samples(path):
    """(at, status, stats, regions, pages, hot) as often as all of them are there."""
    taken = []
    for document in documents(path):
        if "at" in document:
            taken = []
        taken.append(document)
        if len(taken) == 6:
            yield (taken[0]["at"], taken[1]["nodes"][0], taken[2]["nodes"][0],
                   taken[3]["regions"][0], taken[4]["regions"][0], taken[5]["regions"][0]["hot"])


def buckets(stats):
    """Counts of remote faults by phase, and by the bucket's first value."""
    phases = {}
    for row in stats["buckets"]:
        if row.get("home") is None and row["kind"] in REMOTE:
            phase = phases.setdefault(row["phase"], {})
            phase[row["from_ns"]] = phase.get(row["from_ns"], 0) + row["count"]
    return phases


def last_of(start):
    """The highest value of a bucket; its size is an eighth of a power of two."""
    return start if start < 8 else start + (1 << (start.bit_length() - 4)) - 1


def quantile(counts, part):
    """The value that a part of them does not exceed."""
    rank = -(-sum(counts.values()) * part // 1000)
    for start in sorted(counts):
        rank -= counts[start]
        if rank <= 0:
            return last_of(start)
    raise ValueError("no counts")


def times(before, after):
    """What ended in between, by phase."""
    told = []
    for phase, counts in after.items():
        old = before.get(phase, {})
        grown = {start: count - old.get(start, 0) for start, count in counts.items()
                 if count > old.get(start, 0)}
        if grown:
            told.append({"phase": phase, "count": sum(grown.values()),
                         "p50_ns": quantile(grown, 500), "p99_ns": quantile(grown, 990)})
    return told


def link(peer, stats):
    """One link."""
    states = (peer["control_link"], peer["data_link"])
    answers = sum(row["count"] for row in stats["answers_by_home"] if row["home"] == peer["peer"])
    return {"peer": peer["peer"], "state": "up" if set(states) == {"up"} else "down",
            "tls": peer["transport"] == "TLS",
            "sockets": peer["sockets"], "unacked": peer["unacknowledged"], "answers": answers,
            "sent_bytes": peer["sent_bytes"], "received_bytes": peer["received_bytes"]}


def map_of(size, region):
    """Who has the region's pages; chunks that nobody touched are not listed."""
    cells = -(-size // CHUNK)
    owned, copies, heat = [0] * cells, [0] * cells, [0] * cells
    for chunk in region["chunks"]:
        owned[chunk["chunk"]] = chunk["owned"] + chunk["sole"]
        copies[chunk["chunk"]] = chunk["shared"]
        heat[chunk["chunk"]] = chunk["faults"]
    return {"region": region["region"], "size": size, "step": 1, "owned": owned, "copies": copies,
            "heat": heat}


def report(sample, before, guest):
    """What the node tells with a heartbeat."""
    _, status, stats, region, pages, hot = sample
    told = {key: value for key, value in stats.items() if isinstance(value, int) and
            not key.startswith("remote_fault")}
    told.update({f"{key}_bytes": status[key] for key in ("share", "reserve", "used", "peak")})
    told.update({f"{key}_bytes": status[f"pages_{pages}"] * PAGE for key, pages in (
        ("owned", "owned"), ("copies", "copied"), ("untouched", "untouched"),
        ("transit", "in_transit"))})
    return {"stats": told, "times": times(before, buckets(stats)),
            "links": [link(peer, stats) for peer in status["peers"]],
            "maps": [map_of(region["size"], pages)],
            "hot": [{"region": region["region"], **page} for page in hot[:HOT]],
            "vms": [{"name": "demo", "region": region["region"], "vcpus": 2, "state": "running"}]
                   if guest else []}


def main():
    """All files, in the order of time."""
    nodes, lines = [], []
    for path in sys.argv[1:]:
        taken = list(samples(path))
        status = taken[0][1]
        nodes.append({"id": status["id"], "name": f"node{status['id']}", "share": status["share"],
                      "reserve": status["reserve"], "version": "0.1",
                      "address": f"192.0.2.{status['id']}:7000"})
        before = {}
        for sample in taken:
            told = report(sample, before, path == sys.argv[1])
            before = buckets(sample[2])
            lines.append((sample[0] - taken[0][0], nodes[-1]["name"], told))
    region = taken[0][3]
    begin = min(at for at, _, told in lines if told["stats"]["faults_read"]) - LEAD
    lines = [(at - begin, node, told) for at, node, told in lines if at > begin]
    print(json.dumps({"nodes": nodes, "regions": [{"name": region["region"], "size": region["size"]}]}))
    for at, node, told in sorted(lines, key=lambda line: line[0]):
        print(json.dumps({"at": round(at, 2), "node": node, "report": told}, separators=(",", ":")))


main()
