#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0, the machines having different kernels: both write
# to the same pages of one region while a guest runs in another; every increment
# must be there, on both, and no byte of the guest's wrong.

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"

incr=$SSI_BUILD/tests/incr
pages=16
writers=()

start_writers() {
	local k
	"$ssictl" region create r0 --size 4M >/dev/null || fail "region create"
	for k in 0 1; do
		(exec on "$k" nice -n 19 "$incr" --region r0 --pages $pages \
			--ops 1000000000 --base "$k" --processes 2) \
			>"/run/wrote.$k" &
		writers[k]=$!
	done
}

stop_writers() {
	local k
	kill -TERM "${writers[@]}"
	for k in 0 1; do
		wait "${writers[k]}" || fail "node $k: the writer failed"
	done
}

check_sums() {
	local k saw expected=$(($(cat /run/wrote.0) + $(cat /run/wrote.1)))
	for k in 0 1; do
		[ "$(cat /run/wrote.$k)" -gt 0 ] || fail "node $k wrote nothing"
		saw=$(on "$k" "$incr" --region r0 --pages $pages --sum)
		[ "$saw" = "$expected" ] ||
			fail "node $k sees $saw increments, $expected were made"
	done
	say "$expected increments from $(uname -r) and $(on 1 uname -r), all there"
}

[ "$(uname -r)" != "$(on 1 uname -r)" ] || fail "the kernels are the same"
join_cluster
start_writers
start_guest
watch_guest
[ "$(workload_figure wrong_bytes)" = 0 ] || fail "wrong bytes"
stop_guest end
stop_writers
check_sums
"$ssictl" region delete r0 >/dev/null || fail "region delete"
leave_cluster 1 0
