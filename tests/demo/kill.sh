#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0: ssi-vmm is killed in the middle of its faults,
# again and again; the kernels must stay healthy, the region usable, and in the
# end everything must go. usage: kill.sh ROUNDS

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"

rounds=${1:-3}

# The guest works on memory that is remote by now: faults are under way.
await_remote_faults() {
	local more=$(($(remote_faults) + 200))
	until (($(remote_faults) >= more)); do
		kill -0 "$guest" 2>/dev/null || fail "ssi-vmm ended early"
		read -rt 0.2 <> <(:) || :
	done
}

kill_guest() {
	pkill -KILL -x ssi-vmm || fail "there was no ssi-vmm to kill"
	wait "$guest" 2>/dev/null
	say "ssi-vmm killed in the middle of its faults"
}

join_cluster
for ((round = 1; round <= rounds; round++)); do
	start_guest
	await_remote_faults
	kill_guest
	await_detached
done
leave_cluster 1 0
