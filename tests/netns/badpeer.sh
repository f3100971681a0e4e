#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: a peer that is no kernel does to two that are what no good
# peer does, while those two work on a region of their own; their increments
# must all be there, and in the end everything must go.
# usage: badpeer.sh [BADPEER-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

pages=16
declare -a writers

start_writers() {
	local k
	for k in $(nodes); do
		(exec on "$k" nice -n 19 "$SSI_BUILD/tests/incr" --region honest \
			--pages $pages --threads 1 --ops 1000000000 \
			--base "$k" --processes "$LAB_NODES") >"/run/wrote.$k" &
		writers[k]=$!
	done
}

stop_writers() {
	local k
	kill -TERM "${writers[@]}"
	for k in $(nodes); do
		wait "${writers[k]}" || die "node $k: the writer failed"
	done
}

check_sums() {
	local k expected saw
	expected=$(cat /run/wrote.* | paste -sd+ | bc)
	((expected > 0)) || die "the writers wrote nothing"
	for k in $(nodes); do
		saw=$(on "$k" "$SSI_BUILD/tests/incr" --region honest \
			--pages $pages --sum)
		[ "$saw" = "$expected" ] ||
			die "node $k sees $saw increments, $expected were made"
	done
	say "$expected increments, all there"
}

# The third node is no kernel.
LAB_NODES=2
load_module
join_all --share 8M --plain --hold-us 20
ssictl 0 region create honest --size 4M >/dev/null || die "region create"
start_writers
on 2 "$SSI_BUILD/tests/badpeer" /run/ssi-secret "$(ip_of 0)" "$(ip_of 1)" "$@" ||
	die "badpeer"
stop_writers
check_sums
# The bad peer has left, and is forgotten.
await_links
ssictl 0 region delete honest >/dev/null || die "region delete"
leave_all
unload_module
