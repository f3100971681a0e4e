#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0: while the guest works on memory of both nodes, the
# link is down for longer than the watchdogs of the guest's kernel allow. The
# guest stands still, can be paused meanwhile, and goes on: every byte is
# right, its log is clean, and its clocks did not count the outage. A second guest
# is ended while it stands still.

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"

outage=40

has_remote_faults() {
	(($(remote_faults) > 300))
}

# The guest's own account of its uptime, when the workload began and ended.
uptimes() {
	tr -d '\r' <"$console" | sed -n 's/^guest: uptime \([0-9]*\)$/\1/p'
}

begun() {
	[ "$(uptimes | wc -l)" -gt 0 ]
}

cut_link() {
	on 1 ip link set eth0 down || fail "link down"
	cut_at=$SECONDS
	say "the link is down"
	await 60 "the guest stands still" is_stalled
	say "the guest stands still"
	[ "$(ask pause '.paused and .stalled > 0')" = true ] ||
		fail "a guest that waits can not be paused"
	[ "$(ask resume '(.paused | not) and .stalled > 0')" = true ] ||
		fail "a guest that waits goes on without its memory"
	until ((SECONDS - cut_at >= outage)); do
		read -rt 1 <> <(:) || :
	done
	is_stalled || fail "memory comes though the link is down"
	on 1 ip link set eth0 up || fail "link up"
	say "the link is up again"
	await 60 "memory comes again" is_not_stalled
}

# Seconds that passed here and in the guest, while the workload ran.
check_clocks() {
	local here=$((SECONDS - begun_at)) there behind
	there=$(uptimes | paste -sd' ' | awk '{ print $2 - $1 }')
	behind=$(ask status .behind_ms)
	say "the workload took $here s, $there s by the guest's clock, which is $behind ms behind"
	((behind >= (outage - 5) * 1000)) || fail "the outage was not taken off"
	((here - there >= outage - 5)) || fail "the guest's clock counted the outage"
}

# What was asked for in vain is answered, even if nobody waits any more.
has_no_requests() {
	local k requests
	for k in 0 1; do
		requests=$(on "$k" sh -c 'cd /sys/kernel/debug/ssi_mem &&
			cat */requests */homes') || return
		[ -z "$requests" ] || return
	done
}

# The link is down to the end: nothing but the signal lets the guest go.
end_stalled_guest() {
	local began status=0
	start_guest
	await 60 "the second guest runs" is_not_stalled
	on 1 ip link set eth0 down || fail "link down"
	await 60 "the second guest stands still" is_stalled
	began=$SECONDS
	kill -TERM "$guest"
	wait "$guest" || status=$?
	[ $status = 143 ] || fail "ssi-vmm: exit status $status after SIGTERM"
	((SECONDS - began <= 20)) || fail "SIGTERM took $((SECONDS - began)) s"
	await_detached
	say "the second guest was ended as it stood still"
	on 1 ip link set eth0 up || fail "link up"
	eventually 60 "its requests end" has_no_requests
}

join_cluster
start_guest
await 120 "the workload begins" begun
begun_at=$SECONDS
await 120 "faults are remote" has_remote_faults
cut_link
watch_guest
check_clocks
[ "$(workload_figure wrong_bytes)" = 0 ] || fail "wrong bytes"
say "the workload is done, $(workload_figure verifies) bytes, all right"
stop_guest end
check_console
end_stalled_guest
leave_cluster 1 0
