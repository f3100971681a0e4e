#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in a lab of two machines, on node 0: two kernels that work at the same time,
# each on a CPU of the host. Their clock is the host's.

here=$(dirname "$0")
# shellcheck source=tests/netns/lib.sh
. "$SSI_TESTS/netns/lib.sh"
# shellcheck source=tests/bench/boot.sh
. "$here/boot.sh"
for part in rows ours peers; do
	# shellcheck source=/dev/null
	. "$here/$part.sh"
done

# On each machine, programs find it as the namespace of its node.
settle_machine() {
	# shellcheck disable=SC2016 # the machine's shell expands it
	on "$1" sh -c 'mkdir -p /tmp/bench && cp "$1"/fault "$1"/pingpong "$1"/writers /tmp/bench/ &&
		ip netns attach "n$LAB_NODE" $$' - "$BENCH" || die "node $1"
}

# With the host are the raw figures: what was measured is there though the time ends.
settle() {
	local k
	for k in $(nodes); do
		settle_machine "$k"
	done
	bring_guest
	BENCH=/tmp/bench
	export BENCH_RAW=$LAB_OUT/raw-concurrent
	mkdir -p "$BENCH_RAW"
}

# As in ours.sh, by the machine of the node.
own() {
	on "$1" "$BENCH/fault" --node "$1" --region "$2" --chunks "$3" --access write ||
		die "node $1 can not write to region $2"
}

mhz() {
	on "$1" dmesg | sed -n 's/.*tsc: Detected \([0-9]*\)\..*/\1/p'
}

# They count the same ticks. A machine that boots while the host is busy may find a
# wrong number of them in a second.
check_clocks() {
	local one other
	one=$(mhz 0)
	other=$(mhz 1)
	((one * 100 > other * 99 && other * 100 > one * 99)) ||
		die "the host was busy: node 0 found a TSC of $one MHz, node 1 of $other"
}

# serve PORT PROGRAM ARGS...: on node 1; its pid is $server
serve() {
	export BENCH_PORT=$1
	on 1 "$BENCH/$2" --serve "$1" "${@:3}" &
	server=$!
	await "the server listens" listens 1 "$1"
}

end_server() {
	kill "$server" 2>/dev/null
	wait "$server"
	unset BENCH_PORT
}

# pings ROW THREADS
pings() {
	"$BENCH/pingpong" "$1" 2000 "$2" || die "$1"
	measured "$1"
}

# Those of user space: TCP alone, and with userfaultfd.
measure_user_space() {
	serve 7001 pingpong
	pings concurrent.floor 1
	pings concurrent.floor.t4 4
	row concurrent.pager fault --pager 1 --pages 2048 --order random
	row concurrent.pager4.t4 fault --pager 4 --pages 2048 --order random --threads 4
	end_server
}

measure_faults() {
	ssictl 0 region create r --size 64M >/dev/null || die "region r"
	mapfile -t there < <(chunks_at r 1)
	# shellcheck disable=SC2034 # what ours.sh fetches
	remote=$(some 0 4 "${there[@]}")
	begin_reads
	fetch concurrent.read
	fetch concurrent.read.t4 --threads 4
	fetch concurrent.read.seq --order seq
	fetch concurrent.write --access write
	serve 7002 writers r $((there[8] * 512)) 300
	"$BENCH/writers" concurrent.pingpong r $((there[8] * 512)) 300 || die pingpong
	measured concurrent.pingpong
	end_server
	ssictl 0 region delete r >/dev/null || die "region r"
}

settle
check_clocks
load_module
make_secret
measure_user_space
join_node 0 --plain --share 48M
join_node 1 --plain --share 112M
await_links
measure_faults
boot concurrent.boot.anon --memory-backend anon --memory "${guest_mib}M"
ssictl 0 region create boot --size "${guest_mib}M" >/dev/null || die "region boot"
boot concurrent.boot.region --region boot
ssictl 0 region delete boot >/dev/null || die "region boot"
leave_all
unload_module
say "all measured"
