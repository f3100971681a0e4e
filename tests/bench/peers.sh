# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The usual ways to memory of another machine: a pager in user space, and a network
# block device, mapped or as swap.

nbd_pages=$((40 << 8))

# nbdkit keeps its pages in memory, as a node does.
start_nbd() {
	modprobe nbd || die "modprobe nbd"
	on 1 nbdkit --foreground --exit-with-parent -i "$(ip_of 1)" -p 10809 \
		memory $((nbd_pages * 4096)) &
	nbdkit=$!
	await "nbdkit listens" listens 1 10809
	on 0 nbd-client -L -nofork -b 4096 "$(ip_of 1)" 10809 /dev/nbd0 >/dev/null 2>&1 &
	nbd_client=$!
	await "nbd0 is there" nbd_is_there
}

nbd_is_there() {
	[ "$(cat /sys/block/nbd0/size)" != 0 ]
}

listens() {
	[ -n "$(on "$1" ss -Hltn "sport = :$2")" ]
}

stop_nbd() {
	nbd-client -d /dev/nbd0 >/dev/null 2>&1
	kill "$nbdkit" "$nbd_client" 2>/dev/null
	wait "$nbdkit" "$nbd_client" 2>/dev/null
}

drop_caches() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

measure_nbd_mmap() {
	dd if=/dev/zero of=/dev/nbd0 bs=1M count=$((nbd_pages >> 8)) conv=fsync status=none
	drop_caches
	row peer.nbd.mmap.random fault --file /dev/nbd0 --pages 2048 --order random
	drop_caches
	row peer.nbd.mmap.seq fault --file /dev/nbd0 --pages 2048
	drop_caches
	row peer.nbd.mmap.seq.ra fault --readahead /dev/nbd0 --pages $nbd_pages
	drop_caches
	row peer.nbd.mmap.random.t4 fault --file /dev/nbd0 --pages 4096 --order random --threads 4
}

# swap_row CLUSTER PART NAME ARGS...: in a cgroup that gives its memory back when
# asked; PART of the memory is swapped out, all or half
swap_row() {
	local part=$2 name=$3
	echo "$1" >/proc/sys/vm/page-cluster
	shift 3
	# shellcheck disable=SC2016 # the inner shell expands it
	bash -c 'echo $$ >/sys/fs/cgroup/bench/cgroup.procs; exec "$@"' - \
		"$BENCH/fault" --row "$name" --anon --before write --swap "$part" "$@" ||
		die "$name"
	measured "$name"
}

start_swap() {
	{ mkswap /dev/nbd0 >/dev/null && swapon /dev/nbd0; } || die "swap on nbd0"
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p /sys/fs/cgroup/bench
	export BENCH_RECLAIM=/sys/fs/cgroup/bench/memory.reclaim
}

measure_nbd_swap() {
	start_swap
	swap_row 0 all peer.nbd.swap.random --pages 2048 --order random
	swap_row 0 all peer.nbd.swap.seq --pages 2048
	swap_row 3 all peer.nbd.swap.seq.ra --pages 4096
	swap_row 3 all peer.nbd.swap.random.ra --pages 2048 --order random
	swapoff /dev/nbd0
}

measure_peers() {
	row peer.pager.random fault --pager 1 --pages 2048 --order random
	row peer.pager.seq fault --pager 1 --pages 2048
	row peer.pager.random.t4 fault --pager 1 --pages 4096 --order random --threads 4
	row peer.pager4.random.t4 fault --pager 4 --pages 4096 --order random --threads 4
	start_nbd
	measure_nbd_mmap
	measure_nbd_swap
	stop_nbd
}
