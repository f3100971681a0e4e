#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with two nodes: who polls a region's file learns that a fault
# waits for a node that can not be reached, and that it does no more.
# usage: stall.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

pages=64

load_module
join_all --share 32M
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
on 1 "$SSI_BUILD/tests/touch" r0 0 $pages write 7 >/dev/null || die "node 1 writes"
on 1 ip link set eth0 down || die "link down"
kill_sockets
"$SSI_BUILD/tests/stall" r0 >/run/stall.log 2>&1 &
poller=$!
until grep -q '^stalled' /run/stall.log; do
	kill -0 $poller 2>/dev/null || break
	read -rt 0.2 <> <(:) || :
done
on 1 ip link set eth0 up || die "link up"
wait $poller
status=$?
cat /run/stall.log
[ $status = 0 ] || die "poll() said something else"
"$SSI_BUILD/tests/touch" r0 0 $pages check 7 || die "wrong content"
await_links
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
