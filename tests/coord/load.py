#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes of a cluster: writers make regions and delete them, each over a
connection of its own, and keep in mind what they were told of each.

usage: load.py run FILE WRITERS PAUSE URL...
       load.py kill FILE WRITERS PID URL
       load.py check FILE URL

run: until SIGTERM, with a pause in seconds after each; the next URL is asked
when one does not answer or does not lead. kill: as fast as it goes, until the
process is killed at a random moment. Both write to FILE what was answered, and
print figures. check: whether the cluster is what FILE says."""

import http.client
import json
import os
import random
import signal
import sys
import threading
import time
from urllib.parse import urlsplit

NAMES = 12
JSON = {"Content-Type": "application/json"}


class Writer:
    """One of them. `known` has the id of a region by its name, None when it was
    deleted; a name whose last change was not answered is in `open`."""

    def __init__(self, number, urls, pause):
        self.number, self.urls, self.pause = number, list(urls), pause
        self.known, self.open, self.line = {}, [], None
        self.revision, self.used, self.took, self.answered = 0, 0, [], []
        self.refused = 0
        self.ended = threading.Event()

    def ask(self, method, path, body=None):
        """Status and answer of one request."""
        self.line = self.line or http.client.HTTPConnection(
            urlsplit(self.urls[0]).netloc, timeout=15)
        self.line.request(method, path, json.dumps(body) if body else None, JSON)
        answer = self.line.getresponse()
        return answer.status, json.loads(answer.read())

    def choose(self):
        """A region to delete, or a name for a new one."""
        there = [name for name, region in self.known.items() if region is not None]
        if there and (len(there) >= NAMES or random.random() < 0.5):
            return random.choice(there)
        self.used += 1
        return f"w{os.getpid()}-{self.number}-{self.used}"

    def change(self):
        """One. Whether it was answered, or had surely no effect."""
        name = self.choose()
        region = self.known.pop(name, None)
        began = time.monotonic()
        self.open.append(name)
        if region is None:
            status, answer = self.ask("POST", "/regions", {"name": name, "size": 4096})
        else:
            status, answer = self.ask("DELETE", f"/regions/{region}")
        if status == 307:
            self.open.remove(name)
            if region is not None:
                self.known[name] = region
        if status >= 300:
            return False
        self.open.remove(name)
        self.known[name] = answer["region"]["id"] if region is None else None
        self.revision = max(self.revision, answer["revision"])
        self.answered.append(time.monotonic())
        self.took.append(self.answered[-1] - began)
        return True

    def write(self, while_answered):
        """Until told to end, or until nobody answers."""
        while not self.ended.wait(self.pause):
            try:
                if self.change():
                    continue
            except (OSError, http.client.HTTPException, ValueError):
                if while_answered:
                    return
            self.refused += 1
            self.urls.append(self.urls.pop(0))
            self.line = None
            self.ended.wait(0.05)


def report(path, writers):
    """Writes down what was answered, and prints how long it took."""
    answered = sorted(at for writer in writers for at in writer.answered)
    took = sorted(one for writer in writers for one in writer.took)
    gap = max((later - at for at, later in zip(answered, answered[1:])), default=0)
    with open(path, "w", encoding="ascii") as file:
        json.dump({"known": {name: region for writer in writers
                             for name, region in writer.known.items()},
                   "open": [name for writer in writers for name in writer.open],
                   "revision": max(writer.revision for writer in writers),
                   "writers": len(writers), "answered": len(answered)}, file)
    if took:
        print(f"# {len(answered)} changes answered, "
              f"{sum(writer.refused for writer in writers)} not; "
              f"p50 {took[len(took) // 2] * 1e3:.1f} ms, "
              f"p99 {took[len(took) * 99 // 100] * 1e3:.1f} ms; "
              f"longest time without one {gap:.2f} s")


def run(path, count, pause, urls, victim=None):
    """Starts the writers and waits for their end."""
    writers = [Writer(i, urls, pause) for i in range(count)]
    threads = [threading.Thread(target=writer.write, args=(victim is not None,))
               for writer in writers]
    for thread in threads:
        thread.start()
    if victim is None:
        signal.sigwait({signal.SIGTERM})
        for writer in writers:
            writer.ended.set()
    else:
        while not all(writer.answered for writer in writers) and any(
                thread.is_alive() for thread in threads):
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.3))
        os.kill(victim, signal.SIGKILL)
    for thread in threads:
        thread.join()
    report(path, writers)


def check(path, url):
    """What was answered is there, and nothing is there that was deleted. A
    change that nobody was told of may have been kept: at most one of a writer."""
    with open(path, encoding="ascii") as file:
        told = json.load(file)
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=15)
    line.request("GET", "/cluster")
    cluster = json.loads(line.getresponse().read())
    there = {region["name"]: region["id"] for region in cluster["regions"]}
    lost = [name for name, region in told["known"].items()
            if region is not None and there.get(name) != region]
    back = [name for name, region in told["known"].items()
            if region is None and name in there]
    kept = cluster["revision"] - told["revision"]
    print(f"# {told['answered']} changes answered, {len(told['open'])} not; "
          f"{len(lost)} lost, {len(back)} undone, {kept} kept that nobody was told of")
    sys.exit(bool(lost or back or kept < 0 or kept > len(told["open"])))


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
if sys.argv[1] == "check":
    check(*sys.argv[2:])
elif sys.argv[1] == "kill":
    run(sys.argv[2], int(sys.argv[3]), 0, sys.argv[5:], int(sys.argv[4]))
else:
    run(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5:])
