#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the leases of nodes, as their agents do: asks a coordinator, and the
next one when that does not lead. Without end; a line for each heartbeat that
was not taken. usage: beats.py [--tls CA TOKEN] INCARNATION IDS URL...
TOKEN is a file."""

import json
import ssl
import sys
import time
import urllib.error
import urllib.request

ARGS, TLS, TOKEN = sys.argv[1:], None, ""
if ARGS[0] == "--tls":
    TLS = ssl.create_default_context(cafile=ARGS[1])
    with open(ARGS[2], encoding="ascii") as file:
        TOKEN = file.read().strip()
    del ARGS[:3]
LIFE, IDS, URLS = ARGS[0], ARGS[1].split(","), ARGS[2:]


class Stay(urllib.request.HTTPRedirectHandler):
    """Whoever leads is found by trying."""

    def redirect_request(self, *_):
        """No other request is made."""
        return None


OPENER = urllib.request.build_opener(Stay, urllib.request.HTTPSHandler(context=TLS))


def renew(url, node):
    """Whether the coordinator took the heartbeat."""
    request = urllib.request.Request(
        f"{url}/nodes/{node}/lease", json.dumps({"incarnation": LIFE}).encode(),
        {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}))
    try:
        with OPENER.open(request, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        print(f"{time.monotonic():.3f} node {node} at {url}: {error.code}", flush=True)
    except OSError as error:
        print(f"{time.monotonic():.3f} node {node} at {url}: {error}", flush=True)
    return False


while True:
    for one in IDS:
        for _ in URLS:
            if renew(URLS[0], one):
                break
            URLS.append(URLS.pop(0))
            time.sleep(0.1)
    time.sleep(0.5)
