#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0: ssi-vmm is killed at random moments and started
# again, while processors of other guests write to another region on all nodes,
# and are killed and started again as well. The kernels must stay healthy; the
# last guest works to its end, and every byte of it is right; in the other region
# every byte is what was written last; and in the end everything must go.
# Environment: ROUNDS, and KILL_SEED, which decides the moments.

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/disturb.sh
. "$(dirname "$0")/../netns/disturb.sh"
# shellcheck source=tests/netns/workers.sh
. "$(dirname "$0")/../netns/workers.sh"

die() {
	fail "$@"
}

# The others work on a region of their own.
program=vcpu
threads=1
# shellcheck disable=SC2034 # read by workers.sh
seed=$KILL_SEED
RANDOM=$KILL_SEED

# While ssi-vmm loads the kernel, while that boots, and while its memory is
# spread: then faults are under way. Sets $moment.
moments=(. 'workload: begins' 'workload: progress integrity 10%'
	'workload: progress integrity 40%' 'workload: progress integrity 60%')

reached() {
	[ "$moment" = . ] || grep -aq "^$moment" "$console"
}

await_moment() {
	pick ${#moments[@]}
	moment=${moments[picked]}
	await 800 "the guest says: $moment" reached
	# Seconds and milliseconds of their own.
	read -rt $((RANDOM % 4)).$((RANDOM % 1000)) <> <(:) || :
}

kill_guest() {
	local faults
	faults=$(remote_faults)
	pkill -KILL -x ssi-vmm || fail "there was no ssi-vmm to kill"
	wait "$guest" 2>/dev/null
	say "ssi-vmm killed after '$moment', $faults remote faults so far"
}

kill_writer() {
	pick "$LAB_NODES"
	kill_worker "$picked"
	start_worker "$picked"
	say "the guest of node $picked killed, and started again"
}

all_nodes() {
	seq 0 $((LAB_NODES - 1))
}

holds_nothing() {
	local k
	for k in $(all_nodes); do
		[ "$(field "$k" 'used + .nodes[0].pages_in_transit')" = 0 ] || return
	done
}

# With its region everything that a guest had is gone.
delete_regions() {
	"$ssictl" region delete r0 >/dev/null || fail "region delete r0"
	"$ssictl" region delete guest >/dev/null || fail "region delete guest"
	eventually 30 "no node holds memory" holds_nothing
}

say "seed $KILL_SEED"
join_cluster
"$ssictl" region create r0 --size 8M >/dev/null || fail "region create r0"
for k in $(all_nodes); do
	start_worker "$k"
done
for ((round = 1; round <= ROUNDS; round++)); do
	start_guest
	await_moment
	kill_guest
	check_workers
	kill_writer
	await_detached
done
start_guest
watch_guest
[ "$(workload_figure wrong_bytes)" = 0 ] || fail "wrong bytes"
say "the last guest is done, $(workload_figure verifies) bytes, all right"
stop_guest end
check_console
for k in $(all_nodes); do
	stop_worker "$k"
done
check_logs
delete_regions
# shellcheck disable=SC2046 # a word each
leave_nodes $(all_nodes)
