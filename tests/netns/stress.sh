#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with 2 to 8 nodes, of one kernel or of several: workers on every
# node read, write and increment all pages of a region that is larger than any
# share, until enough pages have changed their owner; meanwhile networks are late,
# disordered, lossy and slow, links are cut, sockets and workers killed, and nodes
# leave and come back. In the end every byte of every page is held against what
# the workers wrote down, on every node.
# usage: stress.sh CHANGES SEED [--guests] [JOIN-OPTION...]
# --guests: the workers are processors of guests. The seed decides the order of
# the disturbances, and what each worker does to which page.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/disturb.sh
. "$(dirname "$0")/disturb.sh"
# shellcheck source=tests/netns/workers.sh
. "$(dirname "$0")/workers.sh"

goal=$1
seed=$2
shift 2
if [ "${1:-}" = --guests ]; then
	program=vcpu
	shift
fi
join_options=("$@" --reserve 256K --hold-us 20)
RANDOM=$seed

# ---- nodes ----

# Each has less than the region. Node 0 stays, and takes what the others can not
# keep: theirs are no larger than what they would own. A share has 1 MiB at least.
share_of() {
	local kib=$((6144 / LAB_NODES))
	if [ "$1" = 0 ]; then
		echo 7M
	else
		echo $((kib < 1024 ? 1024 : kib))K
	fi
}

enter() {
	join_node "$1" --share "$(share_of "$1")" "${join_options[@]}"
}

# What nodes have counted that are gone.
changes_gone=0
evictions_gone=0

# Sets $changes.
count_changes() {
	changes=$((changes_gone + $(stat_sum owner_changes)))
}

# go_on CHANGES SECONDS: until so many more pages changed hands, or it takes too
# long. To look costs as much as some hundreds of changes.
go_on() {
	local until=$((changes + $1)) deadline=$((SECONDS + $2))
	while ((changes < until && SECONDS < deadline)); do
		read -rt $((1 + LAB_NODES / 3)) <> <(:) || :
		check_workers
		count_changes
	done
}

# ---- disturbances ----

disturb_network() {
	local kind k
	pick ${#bad_networks[@]}
	kind=${bad_networks[picked]}
	pick "$LAB_NODES"
	k=$picked
	what="node $k was $kind"
	bad_network "$k" "$kind"
	go_on $((step / 4)) 4
	good_network "$k"
}

disturb_sockets() {
	what="all sockets were killed"
	kill_sockets
	await_links
}

disturb_link() {
	pick "$LAB_NODES"
	what="the link of node $picked was cut"
	cut_link "$picked" 1
}

disturb_worker() {
	pick "$LAB_NODES"
	what="the workers of node $picked were killed"
	kill_worker "$picked"
	start_worker "$picked"
}

# What the node has counted goes with it, and what comes while it leaves is lost
# to the count.
disturb_member() {
	local k stats
	pick $((LAB_NODES - 1))
	k=$((picked + 1))
	what="node $k left and came back"
	stop_worker "$k"
	stats=$(ssictl "$k" stats -j)
	changes_gone=$((changes_gone + $(number owner_changes "$stats")))
	evictions_gone=$((evictions_gone + $(number evictions "$stats")))
	leave_node "$k"
	enter "$k"
	await_links
	ssictl 0 region extend r0 --member $((k + 1)) || die "extend by node $k"
	start_worker "$k"
}

kinds=(network network sockets link worker)
# One of two nodes can not leave: the other has no room for all.
((LAB_NODES == 2)) || kinds+=(member)

disturb() {
	local what
	pick ${#kinds[@]}
	"disturb_${kinds[picked]}"
	rounds=$((rounds + 1))
	go_on $step 30
	say "$rounds. $what: $changes ownership changes"
}

# ---- the run ----

say "seed $seed, $LAB_NODES nodes"
load_module
make_secret
for k in $(nodes); do
	enter "$k"
done
await_links
ssictl 0 region create r0 --size 8M >/dev/null || die "region create"
for k in $(nodes); do
	start_worker "$k"
done
# From one disturbance to the next.
step=$((goal / 40 < 300 ? 300 : goal / 40 > 2500 ? 2500 : goal / 40))
rounds=0
changes=0
while ((changes < goal)); do
	disturb
done
for k in $(nodes); do
	stop_worker "$k"
done
check_logs
evictions=$((evictions_gone + $(stat_sum evictions)))
say "$changes ownership changes, $rounds disturbances, $evictions evictions, $(stat_sum replays) messages replayed since"
((evictions > goal / 100)) || die "too few evictions for this test"
[ "$(stat_sum malformed)" = 0 ] || die "malformed messages: $(stat_sum malformed)"
ssictl 0 region delete r0 >/dev/null || die "region delete"
await_empty
leave_all
unload_module
