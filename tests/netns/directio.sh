#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: direct I/O of a file into and from pages of a region, while
# other programs on this and on another node write to the same pages.
# usage: directio.sh CHANGES [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

changes=$1
shift
pages=48
disk=/tmp/directio

make_disk() {
	modprobe -a loop ext4 || die "modprobe loop ext4"
	truncate -s 32M "$disk.img"
	mkfs.ext4 -q -b 4096 "$disk.img" || die "mkfs.ext4"
	mkdir "$disk"
	loop=$(losetup --find --show "$disk.img") || die "losetup"
	# Not `mount -o loop`: it has the device open to write to it meanwhile, which
	# a kernel without BLK_DEV_WRITE_MOUNTED does not allow.
	mount "$loop" "$disk" || die "mount"
}

start_writers() {
	local k
	for k in $(nodes); do
		(exec on "$k" nice -n 19 "$SSI_BUILD/tests/incr" --region r0 \
			--pages $pages --threads 2 --ops 1000000000 \
			--base $((k * 2)) --processes "$LAB_NODES") \
			>"/run/wrote.$k" &
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

# Direct I/O until enough pages have changed their owner under it.
check_contention() {
	local sectors=0 more now
	start_writers
	while now=$(stat_sum owner_changes) && ((now < changes)); do
		more=$(on 0 "$SSI_BUILD/tests/directio" r0 "$disk/file" \
			$pages 20) || die "direct I/O failed"
		((sectors += more))
	done
	stop_writers
	# shellcheck disable=SC2046 # a word each
	sums_up r0 $pages $(nodes)
	say "$sectors sectors of direct I/O, $now ownership changes, $(stat_sum pinned) times a page was pinned"
}

declare -a writers
load_module
make_disk
join_all --share 32M --hold-us 20 "$@"
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
check_contention
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
umount "$disk"
losetup --detach "$loop"
