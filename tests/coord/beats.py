#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps the leases of nodes, as their agents do: asks a coordinator, and the
next one when that does not lead. usage: beats.py INCARNATION IDS URL...
Without end."""

import json
import sys
import time
import urllib.error
import urllib.request

LIFE, IDS, URLS = sys.argv[1], sys.argv[2].split(","), sys.argv[3:]


class Stay(urllib.request.HTTPRedirectHandler):
    """Whoever leads is found by trying."""

    def redirect_request(self, *_):
        """No other request is made."""
        return None


OPENER = urllib.request.build_opener(Stay)


def renew(url, node):
    """Whether the coordinator took the heartbeat."""
    request = urllib.request.Request(
        f"{url}/nodes/{node}/lease", json.dumps({"incarnation": LIFE}).encode(),
        {"Content-Type": "application/json"})
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
        while URLS and not renew(URLS[0], one):
            URLS.append(URLS.pop(0))
            time.sleep(0.1)
    time.sleep(0.5)
