#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: all nodes write to the same pages until enough pages have
# changed their owner, while every socket is killed again and again; then
# every increment must be there, on every node.
# usage: coherence.sh CHANGES KILLS [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/writers.sh
. "$(dirname "$0")/writers.sh"

changes=$1
kills=$2
shift 2

# Two channels to each other node, and one to itself. Read where it costs little:
# starting ssictl for each node beside the writers would take most of a round.
channels_up() {
	local up
	up=$(cat /sys/kernel/debug/ssi_mem/*/peers | grep -c 'channel: up')
	[ "$up" = $((LAB_NODES * (2 * LAB_NODES - 1))) ]
}

# reach_changes N: however long a bad network needs
reach_changes() {
	local now shown=$SECONDS
	while now=$(stat_sum owner_changes) && ((now < $1)); do
		check_writers
		((SECONDS - shown < 10)) || {
			say "$now of $changes ownership changes"
			shown=$SECONDS
		}
		read -rt 0.2 <> <(:) || :
	done
}

# Each time all links are made anew, and the changes have got as far as their part:
# what is killed works, and agents seldom take it for a refusal and back off.
kill_rounds() {
	local round
	for ((round = 1; round <= kills; round++)); do
		kill_sockets
		await "all channels are up" channels_up
		reach_changes $((changes * round / kills))
		check_writers
		((round % 10)) || say "sockets killed $round times, $(stat_sum owner_changes) ownership changes"
	done
}

load_module
join_all --share 32M --hold-us 20 "$@"
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
start_writers
kill_rounds
stop_writers
check_sums
say "$(stat_sum owner_changes) ownership changes, $(stat_sum replays) messages replayed, $(stat_sum duplicates) duplicates dropped"
[ "$(stat_sum stale)" = 0 ] || say "stale replies: $(stat_sum stale)"
[ "$(stat_sum malformed)" = 0 ] || die "malformed messages: $(stat_sum malformed)"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
