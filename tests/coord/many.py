#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many nodes against one coordinator: each registers, joins, and renews its
lease once a second over a connection of its own; some watch. Prints how long
heartbeats took, and what the coordinator's process used.
usage: many.py PORT PID [NODES [SECONDS [WATCHERS]]]"""

import asyncio
import itertools
import json
import sys
import time

PORT, PID = int(sys.argv[1]), int(sys.argv[2])
NODES, SECONDS, WATCHERS = (int(x) for x in (sys.argv[3:] + ["200", "20", "20"][len(sys.argv) - 3:]))
# Long enough for a machine with other work: who is late is no failure here.
LEASE_MS = 60000
# As large as an agent of a full cluster tells: numbers, phases and links with each
# heartbeat; with each third one maps of as many cells as are taken, and a guest.
STATS = {f"counter_{i}": i << 32 for i in range(37)}
TIMES = [{"phase": phase, "count": 1000, "p50_ns": 123456, "p99_ns": 1234567}
         for phase in ("total", "answer", "acks", "wake", "queue", "unmap", "hold", "serve")]
LINKS = [{"peer": peer, "state": "up", "tls": True, "sockets": 2, "unacked": 3, "answers": 1 << 32,
          "sent_bytes": 1 << 40, "received_bytes": 1 << 40} for peer in range(63)]
MAPS = [{"region": "guest", "size": 2048 << 21, "step": 1, "owned": [256] * 2048,
         "copies": [12] * 2048}]
VMS = [{"name": "guest", "region": "guest", "vcpus": 16, "state": "running"}]
times, failures = [], []


class Line:
    """One connection, one request at a time."""

    async def open(self):
        """Connects."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", PORT)

    async def ask(self, method, path, body=None):
        """Status and answer."""
        data = json.dumps(body).encode() if body is not None else b""
        self.writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode() + data)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = int(next(line.split(":")[1] for line in head.split("\r\n")
                          if line.lower().startswith("content-length")))
        return int(head.split()[1]), json.loads(await self.reader.readexactly(length))


def life(node):
    """Of a node."""
    return f"{node:032x}"


def report(beat):
    """What an agent's heartbeat tells beside its revision."""
    told = {"stats": STATS, "times": TIMES, "links": LINKS}
    return told | {"maps": MAPS, "vms": VMS} if beat % 3 == 0 else told


async def be_node(number):
    """A node's agent."""
    line = Line()
    await line.open()
    _, answer = await line.ask("POST", "/nodes", {"name": f"n{number}", "share": 1 << 30})
    node = answer["node"]["id"]
    _, answer = await line.ask("POST", f"/nodes/{node}/endpoint", {
        "incarnation": life(number), "address": f"10.0.{number // 250}.{number % 250 + 1}:7000"})
    revision, end, beats = answer["revision"], time.monotonic() + SECONDS, itertools.count(number)
    await asyncio.sleep(number / NODES)
    while time.monotonic() < end:
        began = time.monotonic()
        status, answer = await line.ask("POST", f"/nodes/{node}/lease", {
            "incarnation": life(number), "revision": revision} | report(next(beats)))
        times.append(time.monotonic() - began)
        if status != 200:
            failures.append(answer)
        revision = answer.get("revision", 0)
        await asyncio.sleep(max(0, 1 - (time.monotonic() - began)))


async def watch():
    """Reads events until all nodes are members."""
    line = Line()
    await line.open()
    line.writer.write(b"GET /watch?revision=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    joined = 0
    while joined < NODES:
        joined += (await line.reader.readuntil(b"\n")).startswith(b"event: node-joined")


def memory():
    """Of the coordinator, in MiB."""
    with open(f"/proc/{PID}/status", encoding="ascii") as file:
        return next(int(row.split()[1]) // 1024 for row in file if row.startswith("VmHWM"))


def cpu():
    """Seconds that the coordinator has computed."""
    with open(f"/proc/{PID}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def main():
    """All at once."""
    line = Line()
    await line.open()
    status, _ = await line.ask("POST", "/cluster", {
        "name": "many", "max_nodes": 1024, "lease_ms": LEASE_MS})
    assert status == 201
    began, used = time.monotonic(), cpu()
    await asyncio.gather(*(be_node(n) for n in range(NODES)), *(watch() for _ in range(WATCHERS)))
    took = sorted(times)
    print(f"# {NODES} nodes, {WATCHERS} watchers, {len(took)} heartbeats in "
          f"{time.monotonic() - began:.1f} s: p50 {took[len(took) // 2] * 1e3:.1f} ms, "
          f"p99 {took[len(took) * 99 // 100] * 1e3:.1f} ms, max {took[-1] * 1e3:.1f} ms; "
          f"{memory()} MiB, {cpu() - used:.1f} s of CPU")
    for failure in failures[:5]:
        print(f"# {failure}")
    sys.exit(bool(failures))


asyncio.run(main())
