# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the module keeps in memory, and whether an idle node sleeps.

# What the slab allocator keeps of objects that were freed is given back.
shrink_slabs() {
	local cache
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache"
	done
}

# Memory of the kernel itself, in KiB: all that is in use and not user space's.
# Caches are emptied first, until they are; what is freed after a grace period of
# RCU gets one. One file tells the rest: between two, the allocator moves 63 pages
# at once from those that are free to those that it keeps at hand for a CPU.
kernel_kib() {
	for _ in 1 2 3; do
		sync
		echo 3 >/proc/sys/vm/drop_caches
		shrink_slabs
		read -rt 0.5 <> <(:) || :
	done
	awk 'BEGIN {
		# Counts that each CPU has apart are added to those that the file shows.
		refresh = "/proc/sys/vm/stat_refresh"
		print 1 >refresh
		close(refresh)
		while ((getline <"/proc/zoneinfo") > 0) {
			if ($1 == "managed")
				pages += $2
			else if ($1 == "pages" && $2 == "free")
				pages -= $3
			else if ($1 == "count:")
				pages -= $2
			else if ($1 ~ /^nr_(file|anon|page_table)_pages$/)
				pages -= $2
			else if ($1 == "nr_kernel_stack")
				stacks += $2
		}
		print pages * 4 - stacks
	}'
}

# Pages of regions, and those of them that went and are kept for others.
pages_kib() {
	local kept
	kept=$(cat /sys/kernel/debug/ssi_mem/*/state | sed -n 's/.*, kept \([0-9]*\) of .*/\1/p')
	[ -n "$kept" ] || die "the node does not say what it keeps"
	echo $(($(ssictl 0 status -j | jq '.nodes[0].used') / 1024 + kept * 4))
}

# state NAME KIB DIVISOR [MEMBERS]: a row of what something takes, divided; that is not
# nothing.
state() {
	(($2 > 0)) || die "$1: $2 KiB can not be"
	fact "$1" "$(bc <<<"scale=2; $2 / $3")" "${4-}"
}

# The node stays: what its agent needs is not the node's.
join_without_agent() {
	ssictl "$1" join --id $(($1 + 1)) --listen "$(addr_of "$1")" --plain \
		--secret /run/ssi-secret --share 320M >/dev/null || die "node $1: join"
	kill "$(ssictl "$1" status -j | jq '.nodes[0].agent')"
}

# What goes with them is theirs; what came with the first is shared.
measure_node() {
	local k full
	for k in $(nodes); do
		join_without_agent "$k"
	done
	full=$(kernel_kib)
	for ((k = 1; k < BENCH_NODES; k++)); do
		ssictl "$k" leave >/dev/null || die "node $k: leave"
	done
	state state.node_kib $((full - $(kernel_kib))) $((BENCH_NODES - 1))
}

# gone_with SIZE ARGS...: what goes with a region of that size that was touched,
# beyond its pages, in KiB
gone_with() {
	local full
	ssictl 0 region create s --size "$1" >/dev/null || die "region s"
	"$BENCH/fault" --region s --access write "${@:2}" || die "region s"
	full=$(($(kernel_kib) - $(pages_kib)))
	ssictl 0 region delete s >/dev/null || die "region s"
	echo $((full - $(kernel_kib) + $(pages_kib)))
}

# state_of NAME SIZE DIVISOR ARGS...: that, divided; the median of five, since all
# else in the machine is measured with it.
state_of() {
	local all
	all=$(for _ in {1..5}; do gone_with "$2" "${@:4}"; done | sort -n)
	state "$1" "$(sed -n 3p <<<"$all")" "$3" "\"kib\": [${all//$'\n'/, }]"
}

# One node: its part of the state and that of the home together.
measure_pages() {
	# Where all of it is in single pages, a directory takes one of them for itself.
	echo 1 >/proc/sys/vm/compact_memory
	state_of state.page_bytes 64M 16
	state_of state.chunk_kib 256M 128 --per-chunk 1
	ssictl 0 leave >/dev/null || die "leave"
}

tracing=/sys/kernel/tracing

# What woke the module or an agent since the trace was emptied.
wakeups() {
	grep -E '\[ssi_mem\]|comm=ssi' $tracing/trace
}

measure_idleness() {
	local event
	join_node 0 --plain --share 32M
	join_node 1 --plain --share 32M
	await_links
	ssictl 0 region create s --size 16M >/dev/null || die "region s"
	for event in workqueue/workqueue_execute_start timer/timer_expire_entry \
		timer/hrtimer_expire_entry sched/sched_wakeup; do
		echo 1 >$tracing/events/$event/enable
	done
	in_background /tmp/mapped fault --region s --access write --stay /tmp/mapped
	"$BENCH/fault" --node 1 --region s || die "node 1"
	[ -n "$(wakeups)" ] || die "the trace does not show what wakes the module"
	read -rt 20 <> <(:) || :
	echo >$tracing/trace
	read -rt 60 <> <(:) || :
	echo 0 >$tracing/events/enable
	fact state.wakeups "$(wakeups | wc -l | awk '{ print $1 / 60 }')"
	wakeups | sed 's/.*: //; s/=[0-9a-fx]* / /g' | sort | uniq -c | sort -rn | head -5
	end_background
	ssictl 0 region delete s >/dev/null || die "region s"
	leave_all
}

measure_state() {
	make_secret
	measure_node
	measure_pages
	measure_idleness
}
