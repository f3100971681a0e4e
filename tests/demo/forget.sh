#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0: node 1 dies for good and is forgotten. A process
# of the guest that touches what only node 1 had gets SIGBUS for exactly those
# pages; what had a copy or an owner elsewhere is all there, and the guest
# lives on.
#
# Which pages a node evicts is the clock's choice, and a guest can not live
# without its kernel's. So node 0 has room for all of the guest, and the other
# nodes take chosen pages of a process's buffer.

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"

pages=1024
# Of each the guest's kernel writes eight lines, to an emulated console.
lost=16
guest_program=victim

# What the guest said, on its console or in its kernel's log there.
said() {
	tr -d '\r' <"$console" | sed 's/^\[ *[0-9.]*\] //' | grep -a "^$1"
}

heard() {
	said "$1" >/dev/null
}

# order LINE ANSWER: the guest does what it is told
order() {
	echo "$1" >&3
	await 240 "$1: $2" heard "$2"
}

# frames FIRST COUNT: where pages of the guest's buffer are in the region
frames() {
	said 'victim: pages' | awk -v first="$1" -v end=$(($1 + $2)) '
		{
			split($3, run, "-")
			for (i = run[1]; i <= run[2]; i++)
				if (i >= first && i < end)
					print $7 + i - run[1]
		}'
}

# grab NODE FIRST COUNT: a node takes pages of the guest's buffer
grab() {
	frames "$2" "$3" >"$LAB_OUT/frames"
	[ "$(on "$1" sh -c "$SSI_BUILD/demo/grab guest <$LAB_OUT/frames")" = "grabbed $3" ] ||
		fail "node $1 did not get $3 pages"
	say "node $1 owns pages $2 to $(($2 + $3 - 1)) of the buffer"
}

try_forget() {
	"$ssictl" node forget 2 --force >"$LAB_OUT/forget" 2>&1
}

check_lost() {
	local named
	named=$(said 'victim: lost pages' | paste -sd,)
	[ "$named" = "victim: lost pages 0-$((lost - 1))" ] ||
		fail "other pages are lost than node 1 had alone: $named"
}

join_cluster
# Nothing comes ahead: what the guest reads may lie beside what node 1 is to have alone.
"$ssictl" region set guest --prefetch 0 || fail "region set"
start_guest
await 200 "the guest has filled its buffer" heard 'victim: ready'
grab 1 0 $lost
grab 1 $lost $lost
order "read $lost $lost" "victim: read $lost right"
[ "$LAB_NODES" -lt 3 ] || grab 2 $((2 * lost)) $lost

on --kill 1
say "node 1 has lost its power"
echo check >&3
await 60 "the guest waits for node 1" is_stalled
[ "$(ask pause '.paused and .stalled > 0')" = true ] ||
	fail "a guest that waits can not be paused"
ask resume .ok >/dev/null
await 60 "node 1 can be forgotten" try_forget
say "$(cat "$LAB_OUT/forget")"
await 240 "the guest has checked its buffer" heard 'victim: right'
say "$(said 'victim: right')"
heard "victim: right $((pages - lost)) wrong 0 lost $lost odd 0" ||
	fail "not what the nodes had"
check_lost
order work 'victim: worked, status 0'
order log 'guest: log is shown'
stop_guest end
check_console
case $LAB_NODES in
2) leave_cluster 0 ;;
*) leave_cluster 2 0 ;;
esac
