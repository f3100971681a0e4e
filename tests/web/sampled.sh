#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0: the demo's guest, while each node writes down every
# other second what ssictl says there, to $LAB_OUT/samples.NODE.

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/../demo/lib.sh"

# What runs on a node until it is killed.
# shellcheck disable=SC2016 # the node's shell expands it
loop='while sleep 2; do
	echo "{\"at\": $(cut -d " " -f 1 /proc/uptime)}"
	"$0" status -j
	"$0" stats -j --hist
	"$0" region list -j
	"$0" pages guest -j
	"$0" pages guest --hot -j
done'

samplers=()
start_samplers() {
	local k
	for ((k = 0; k < LAB_NODES; k++)); do
		on "$k" sh -c "$loop" "$ssictl" >"$LAB_OUT/samples.$k" 2>/dev/null &
		samplers+=($!)
	done
}

join_cluster
start_samplers
start_guest
watch_guest
kill "${samplers[@]}"
say "workload done"
stop_guest end
leave_cluster 1 0
