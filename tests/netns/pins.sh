#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: who holds on to a page for long is refused, or reported while
# the other node waits for the page, and nothing is lost.
# usage: pins.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# await_line FILE WORDS PID: until the program has said one of the words
await_line() {
	until grep -qE "$2" "$1"; do
		kill -0 "$3" 2>/dev/null || grep -qE "$2" "$1" ||
			die "the holder ended"
		read -rt 0.1 <> <(:) || :
	done
}

# The writer on the other node waits for a page that the holder has, and goes
# on when it lets go.
check_waiting() {
	local what=$1 page=$2 holder=$3 writer before
	before=$(stat_sum pinned)
	(exec on 1 "$SSI_BUILD/tests/incr" --region r0 --pages $((page + 1)) \
		--ops 200 --base 7) >/run/wrote &
	writer=$!
	until (($(stat_sum pinned) > before)); do
		kill -0 $writer || die "$what: the writer did not wait"
		read -rt 0.1 <> <(:) || :
	done
	kill -0 $writer || die "$what: the writer ended though the page is pinned"
	await_event ".event == \"pinned\" and .region == \"r0\" and .page == $page"
	logged "region r0: page $page is pinned by somebody else" ||
		die "$what: the kernel log does not tell of it"
	echo "ok - $what: reported as pinned, and the other node waits"
	kill -TERM "$holder"
	wait "$holder" || die "$what: the holder failed"
	wait $writer || die "$what: the writer failed"
	echo "ok - $what: the other node goes on when it is let go of"
}

check_pipe() {
	local holder
	(exec on 0 "$SSI_BUILD/tests/pins" r0 hold 0) >/run/held &
	holder=$!
	await_line /run/held held $holder
	check_waiting "a page in a pipe" 0 $holder
}

make_rdma_device() {
	modprobe rdma_rxe || die "modprobe rdma_rxe"
	modprobe ib_uverbs || die "modprobe ib_uverbs"
	nsenter --net=/proc/1/ns/net rdma link add rxe0 type rxe netdev br0 ||
		die "rdma link add"
}

# The kernel itself refuses, since 6.5. Before, it asks the region's file only
# about pages that are not mapped.
check_rdma() {
	local holder
	(exec on 0 "$SSI_BUILD/tests/rdma_pin" r0 5 fresh) >/run/fresh &
	await_line /run/fresh 'held|refused' $!
	grep -q refused /run/fresh ||
		die "an RDMA device pins a page that is not mapped"
	echo "ok - registration of a page that is not mapped: $(cat /run/fresh)"
	(exec on 0 "$SSI_BUILD/tests/rdma_pin" r0 3 mapped) >/run/mapped &
	holder=$!
	await_line /run/mapped 'held|refused' $holder
	if grep -q refused /run/mapped; then
		wait $holder
		echo "ok - registration of a mapped page: $(cat /run/mapped)"
	else
		[ "$LAB_KERNEL" = 6.1 ] || die "the kernel lets a page be pinned"
		check_waiting "a registered page" 3 $holder
	fi
}

load_module
make_rdma_device
join_all --share 32M --hold-us 20
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
start_monitor
check_pipe
check_rdma
stop_monitor
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
