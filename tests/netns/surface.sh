#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: what the module's faces accept and refuse, that a
# thread that waits for a page can be killed, and that a command ends in time.
# usage: surface.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# The programs that try a region's file; none of it is worth a line in the log.
check_file() {
	dmesg >/run/log.before
	"$SSI_BUILD/tests/surface" r0 || failed=1
	"$SSI_BUILD/tests/mappings" r0 || failed=1
	"$SSI_BUILD/tests/pins" r0 try || failed=1
	dmesg | diff /run/log.before - | sed 's/^/# /'
	[ "${PIPESTATUS[1]}" = 0 ] || {
		echo "not ok - the kernel log tells of what was refused"
		failed=1
	}
}

check_refusals() {
	refuses "the name is taken" ssictl 0 region create r0 --size 4M
	refuses "the shares are" ssictl 0 region create r1 --size 1G
	refuses "belongs to node 1" ssictl 1 region delete r0
	refuses "no region of that name" ssictl 0 region delete r9
	refuses "is a member already" ssictl 0 region extend r0 --member 2
	refuses "the link to node 9 is down" ssictl 0 region extend r0 --member 9
	refuses "say so with --force" ssictl 0 node forget 2
	refuses "it is not dead" ssictl 0 node forget 2 --force
	refuses "this node's own id" ssictl 0 node forget 1 --force
	refuses "others' shares are" ssictl 1 node drain
	refuses "here already" ssictl 0 join --id 9 --node node1 \
		--listen "$(ip_of 0):7009" --secret /run/ssi-secret --share 4M
	refuses "exceed" ssictl 0 join --id 9 --listen "$(ip_of 0):7009" \
		--secret /run/ssi-secret --share 1000G
	refuses "rmmod" rmmod ssi_mem
}

check_open_region() {
	(exec "$SSI_BUILD/tests/incr" --region r0 --pages 1 --ops 1000000000) \
		>/dev/null &
	writer=$!
	until [ "$(ssictl 0 region list -j | jq '.regions[0].attached')" != 0 ]; do
		kill -0 $writer || die "the writer ended"
	done
	refuses "a program has the region open" ssictl 0 region delete r0
	refuses "has region r0 open" ssictl 0 leave
	kill -TERM $writer
	wait $writer
}

# With the link down a fault waits; kill -9 ends the waiting thread.
check_killable() {
	# Node 1 owns the pages, so node 0 can not go on without it.
	on 1 "$SSI_BUILD/tests/incr" --region r0 --pages 512 --ops 5000 \
		--base 1 >/dev/null || die "node 1: the writer failed"
	on 1 ip link set eth0 down || die "node 1: link down"
	kill_sockets
	(exec "$SSI_BUILD/tests/incr" --region r0 --pages 512 --ops 100000) \
		>/dev/null &
	writer=$!
	until [ "$(ssictl 0 status -j | jq '.nodes[0].stalled_faults')" != 0 ]; do
		kill -0 $writer || die "the writer did not wait"
	done
	echo "ok - a fault on a broken link waits and is shown"
	kill -KILL $writer
	wait $writer
	[ $? = 137 ] || die "the waiting writer was not killed"
	echo "ok - a waiting fault can be killed"
}

owes_answers() {
	[ "$(ssictl 0 status -j | jq '.nodes[0].peers[0].unacknowledged')" != 0 ]
}

# A command that waits for a node holds up the next one, but not beyond its time.
check_deadlines() {
	local first
	on 1 ip link set eth0 down || die "node 1: link down"
	(exec on 0 "$SSI_BUILD/ssictl" region delete r0 --timeout 60) >/dev/null &
	first=$!
	await "the deletion waits for node 2" owes_answers
	refuses "another command" ssictl 0 region create r2 --size 4M --timeout 1
	on 1 ip link set eth0 up
	wait "$first"
	check "the first command goes on" [ $? = 0 ]
}

load_module
join_all --share 32M
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
ssictl 1 region create r1 --size 28M >/dev/null || die "region create"
check_file
check_refusals
ssictl 1 region delete r1 >/dev/null || die "region delete r1"
check_killable
on 1 ip link set eth0 up
await_links
check_deadlines
await_links
leave_all
unload_module
[ $failed = 0 ] || die "see above"
