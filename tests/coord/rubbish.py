#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Requests that nobody should send, by several connections at once: good ones
of which bytes are changed, lines and lengths that do not fit, JSON that goes
deep, more of everything. What is answered has to be HTTP. Prints how often each
status came. usage: rubbish.py PORT REQUESTS [SEED]"""

import collections
import random
import re
import socket
import sys
import threading
import time

PORT, REQUESTS = int(sys.argv[1]), int(sys.argv[2])
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.getrandbits(32)
THREADS = 4
LIFE = "0123456789abcdef0123456789abcdef"
PATHS = ["/cluster", "/nodes", "/nodes/0", "/nodes/0/endpoint", "/nodes/0/lease", "/nodes/1/drain",
         "/regions", "/regions/1", "/pages/1/0", "/watch?revision=1", "/vms", "/metrics", "/health",
         "/readyz", "/docs", "/openapi.json", "/endpoints", "/nodes/99999999999999999999",
         "/nodes/-1", "/%00", "/..", "//", "/cluster?force=true", "*"]
BODIES = ['{"name":"a","share":1048576}', '{"name":"r","size":8192}', '{"draining":true}',
          '{"incarnation":"%s","address":"192.0.2.1:7000"}' % LIFE,
          '{"incarnation":"%s","revision":3,"stats":{"a":1},"vms":[{"name":"v","region":"r",'
          '"state":"running"}],"answers":[{"id":1,"home":0}]}' % LIFE,
          "[" * 5000, '{"a":' * 2000, '{"name":"' + "x" * 70000 + '"}', '{"size":1e999}',
          '{"size":18446744073709551616}', '{"name":"\\ud800"}', '{"name":1,"name":2}', "null", "",
          "\x00", "\xff\xfe", '{"members":[' + "0," * 3000 + "0]}"]
# What is right as it stands.
GOOD = [("GET", path, "") for path in PATHS[:17] if not path.startswith("/nodes/1/d")] + [
    ("POST", "/nodes", BODIES[0]), ("POST", "/regions", BODIES[1]),
    ("POST", "/nodes/1/drain", BODIES[2]), ("POST", "/nodes/0/endpoint", BODIES[3]),
    ("POST", "/nodes/0/lease", BODIES[4]), ("DELETE", "/regions/2", "")]
METHODS = ["GET", "POST", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "x" * 99]
HEADERS = ["Host: localhost", "Host: evil.example", "Content-Type: application/json",
           "Content-Type: text/plain", "Authorization: Bearer " + "a" * 300, "Authorization:",
           "Last-Event-ID: 3", "Last-Event-ID: -1", "Expect: 100-continue", "Connection: close",
           "Connection: upgrade", "Transfer-Encoding: chunked", "Content-Length: 5",
           "Content-Length: -5", "Content-Length: 99999999999999999999", "Content-Length: 65537",
           "X: " + "y" * 20000, "Cookie: " + "a=b; " * 500, " folded: line", "no colon", ":", "\x00",
           "Range: bytes=0-", "Accept-Encoding: gzip"]
STATUS = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d) ")
counts, wrong = collections.Counter(), []
# The end of a connection tells that all was answered; a stream has none.
LINGER = 0.3


def make(rand):
    """The bytes of a request, or of several."""
    method, path, text = rand.choice(GOOD)
    if rand.random() < 0.4:
        method, path, text = rand.choice(METHODS), rand.choice(PATHS), rand.choice(BODIES)
    body = text.encode("latin-1")
    version = rand.choice(["1.1"] * 9 + ["1.0", "9", ""])
    lines = [f"{method} {path} HTTP/{version}"]
    if rand.random() < 0.9:
        lines += HEADERS[:1] + HEADERS[2:3]
    lines += rand.choices(HEADERS, k=rand.choice([0, 0, 0, 0, 1, 2, 60]))
    if rand.random() < 0.9:
        lines.append(f"Content-Length: {len(body) + rand.choice([0] * 8 + [1, -1])}")
    end = rand.choice(["\r\n", "\r\n", "\r\n", "\n"])
    data = bytearray((end.join(lines) + end + end).encode("latin-1") + body)
    for _ in range(rand.choice([0, 0, 0, 1, 3, 30])):
        at = rand.randrange(len(data))
        what = rand.randrange(4)
        if what == 0:
            data[at] = rand.randrange(256)
        elif what == 1:
            data.insert(at, rand.randrange(256))
        elif what == 2 and len(data) > 1:
            del data[at]
        else:
            data[at:at] = data[at:at + rand.randrange(50)]
    return bytes(data)


def send(data):
    """What came back."""
    got = b""
    with socket.create_connection(("127.0.0.1", PORT), timeout=20) as line:
        try:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            line.settimeout(LINGER)
            while len(got) < 1 << 20 and (more := line.recv(65536)):
                got += more
        except OSError:
            pass
    return got


def work(number):
    """A part of all requests."""
    rand = random.Random(SEED + number)
    for _ in range(REQUESTS // THREADS):
        data = make(rand)
        got = send(data)
        status = STATUS.match(got)
        counts[status.group(1).decode() if status else "closed"] += 1
        if got and not status:
            wrong.append((data[:200], got[:200]))


def main():
    """All of it."""
    began = time.monotonic()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    print(f"# {sum(counts.values())} requests in {took:.1f} s, seed {SEED}: "
          + ", ".join(f"{status} {count}" for status, count in sorted(counts.items())))
    for data, got in wrong[:5]:
        print(f"# no HTTP came back: {data} -> {got}")
    sys.exit(bool(wrong) or sum(counts.values()) < REQUESTS // THREADS * THREADS)


main()
