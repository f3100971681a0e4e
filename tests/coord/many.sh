#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Two hundred nodes with a heartbeat a second, and twenty watchers: every
# heartbeat is taken, every watcher sees every node join.

. tests/coord/lib.sh
url=http://127.0.0.1:$(free_port)
start "$url" --store "sqlite:$dir/db" --open --rate 100000
timeout 90 tests/coord/many.py "${url##*:}" "$pid"
check "200 nodes are served" $?
stop TERM
same "and it ends in order" 0 $?
finish
