#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long a coordinator takes to declare a member dead, measured from the last
heartbeat that it took until a watcher is told. Nodes die one at a time, then
three at once, at random moments, while others go on.
usage: death.py PORT [LEASE_MS [DEATHS]]"""

import http.client
import json
import random
import sys
import threading
import time

PORT = int(sys.argv[1])
LEASE_MS, DEATHS = (int(x) for x in (sys.argv[2:] + ["3000", "4"][len(sys.argv) - 2:]))
NODES = 8
# In which a member has to be found dead.
LEASES = 3


class Node(threading.Thread):
    """A node's agent, until it dies."""

    def __init__(self, name):
        super().__init__(daemon=True)
        self.name, self.life = name, f"{random.getrandbits(128):032x}"
        self.line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        self.dies, self.heard, self.refused = threading.Event(), 0, []
        self.id = self.ask("/nodes", {"name": name, "share": 1 << 30})["node"]["id"]
        self.ask(f"/nodes/{self.id}/endpoint", {
            "incarnation": self.life, "address": f"192.0.2.{self.id + 1}:7000"})
        self.start()

    def ask(self, path, body):
        """The answer to a POST."""
        self.line.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = self.line.getresponse()
        answer = json.loads(response.read())
        if response.status >= 300:
            self.refused.append(answer)
        return answer

    def run(self):
        while not self.dies.wait(LEASE_MS / 5000):
            self.heard = time.monotonic()
            self.ask(f"/nodes/{self.id}/lease", {"incarnation": self.life})


class Watcher(threading.Thread):
    """Notes when it is told of deaths."""

    def __init__(self):
        super().__init__(daemon=True)
        self.told, self.news = {}, threading.Condition()
        line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
        line.request("GET", "/watch?revision=1")
        self.stream = line.getresponse()
        self.start()

    def run(self):
        dead = False
        for row in self.stream:
            if row.startswith(b"event:"):
                dead = row.strip() == b"event: node-dead"
            elif dead and row.startswith(b"data:"):
                with self.news:
                    self.told[json.loads(row[5:])["node"]] = time.monotonic()
                    self.news.notify()

    def wait_for(self, node):
        """When it was told of this node's death, or None."""
        with self.news:
            self.news.wait_for(lambda: node in self.told, 10 * LEASE_MS / 1000)
            return self.told.pop(node, None)


def main():
    """Prints a line for each death."""
    line = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    line.request("POST", "/cluster", json.dumps({"name": "lab", "lease_ms": LEASE_MS}),
                 {"Content-Type": "application/json"})
    assert line.getresponse().status == 201
    nodes = [Node(f"n{number}") for number in range(NODES)]
    watcher, took = Watcher(), []
    for count in [1] * DEATHS + [3]:
        time.sleep(random.uniform(0.3, 1) * LEASE_MS / 1000)
        victims = random.sample(range(NODES), count)
        for victim in victims:
            nodes[victim].dies.set()
            nodes[victim].join()
        for victim in victims:
            told = watcher.wait_for(nodes[victim].id)
            took.append((told or float("inf")) - nodes[victim].heard)
            nodes[victim] = Node(f"n{victim}")
    leases = [one * 1000 / LEASE_MS for one in took]
    print(f"# {len(took)} deaths, lease {LEASE_MS} ms: found after {min(took):.2f} to "
          f"{max(took):.2f} s, {min(leases):.2f} to {max(leases):.2f} leases")
    for node in nodes:
        for refusal in node.refused:
            print(f"# {node.name}: {refusal}")
    sys.exit(max(leases) > LEASES or any(node.refused for node in nodes))


main()
