#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: which memory cgroup pays for the folios of a region, and that
# its limit stops no page fault.
# usage: cgroup.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

root=/sys/fs/cgroup

# A program that other programs can run, and become: /run/enter GROUP COMMAND...
make_enter() {
	cat >/run/enter <<-END
		#!/bin/sh
		echo \$\$ >"$root/\$1/cgroup.procs" || exit
		shift
		exec "\$@"
	END
	chmod 755 /run/enter
}

current() {
	cat "$root/$1/memory.current"
}

# stat_of GROUP KEY
stat_of() {
	awk -v key="$2" '$1 == key { print $2 }' "$root/$1/memory.stat"
}

event_of() {
	awk -v key="$2" '$1 == key { print $2 }' "$root/$1/memory.events"
}

# charged NODE CGROUP: what the node says is charged there
charged() {
	ssictl "$1" status -j | jq --arg cgroup "$2" \
		'[.nodes[0].charges[] | select(.cgroup == $cgroup).charged] | add // 0'
}

pages_of() {
	ssictl "$1" region list -j | jq '.regions[0] | .pages_owned + .pages_copied'
}

pays() {
	ssictl "$1" region list -j | jq -r '.regions[0].cgroup'
}

# at_least TEXT BYTES WANTED
at_least() {
	(($2 >= $3)) || die "$1: $2 bytes, not $3"
	echo "ok - $1: $(($2 >> 10)) KiB"
}

# Nodes whose memory is not asked for by a program are paid by who joined them.
join_in_group() (
	ssictl() {
		local node=$1
		shift
		on "$node" /run/enter joiner "$SSI_BUILD/ssictl" "$@"
	}
	join_all "$@"
)

# start_writer NODE GROUP ARGS...
start_writer() {
	local node=$1 group=$2
	shift 2
	(exec on "$node" /run/enter "$group" nice -n 19 \
		"$SSI_BUILD/tests/incr" --ops 1000000000 "$@") \
		>"/run/wrote.$node" &
	writers[node]=$!
}

stop_writer() {
	kill -TERM "${writers[$1]}"
	wait "${writers[$1]}" || die "node $1: the writer failed"
}

# More than node 0 may hold: the rest goes to node 1, where nobody asked for it.
check_who_pays() {
	local held
	start_writer 0 vmm --region r0 --pages 5500
	until (($(pages_of 1) >= 1000)); do
		kill -0 "${writers[0]}" || die "the writer ended"
		read -rt 0.5 <> <(:) || :
	done
	held=$(($(pages_of 0) * 4096))
	[ "$(pays 0)" = /vmm ] || die "node 0 says $(pays 0) pays"
	[ "$(pays 1)" = /joiner ] || die "node 1 says $(pays 1) pays"
	# Pages come and go meanwhile.
	at_least "node 0 charges the program's cgroup" "$(charged 0 /vmm)" \
		$((held - (2 << 20)))
	at_least "which the kernel counts there" "$(current vmm)" \
		$((held - (2 << 20)))
	at_least "as memory of the kernel" "$(stat_of vmm kernel)" \
		$((held - (2 << 20)))
	at_least "node 1 charges the cgroup of who joined it" \
		"$(charged 1 /joiner)" $((1000 * 4096))
	at_least "which the kernel counts there" "$(current joiner)" \
		$((1000 * 4096))
	stop_writer 0
	[ "$(pays 0)" = /joiner ] || die "afterwards $(pays 0) pays"
	at_least "what is charged stays charged" "$(charged 0 /vmm)" \
		$((4 << 20))
}

# changed_owner TIMES: so many changes of ownership were counted
changed_owner() {
	(($(stat_sum owner_changes) > $1))
}

check_uncharged() {
	ssictl 0 region delete r0 >/dev/null || die "region delete"
	until (($(current vmm) < 2 << 20 && $(charged 0 /vmm) == 0)); do
		((SECONDS < 200 * patience)) || die "$(current vmm) bytes stay charged"
		read -rt 0.2 <> <(:) || :
	done
	echo "ok - with the region its charges go"
}

# at_limit TIMES: the program's cgroup would have more than it may
at_limit() {
	kill -0 "${writers[@]}" || die "a writer ended"
	(($(event_of small max) > $1))
}

# More pages than a program's cgroup may have, and then a fight for them. It is
# at its limit before the other node begins: of two nodes that fight, the one
# that has most of the pages is the faster, and may keep the other at a few.
check_limit() {
	local before times expected saw
	ssictl 0 region create r1 --size 2M >/dev/null || die "region create"
	echo 1M >"$root/small/memory.max"
	writers=()
	start_writer 0 small --region r1 --pages 480
	await "node 0 has all pages" at_limit 200
	before=$(stat_sum owner_changes)
	times=$(event_of small max)
	start_writer 1 vmm --region r1 --pages 480 --base 1
	await "the nodes fight for them" changed_owner $((before + 600))
	await "which go to the cgroup at its limit" at_limit "$times"
	[ "$(event_of small oom_kill)" = 0 ] || die "the OOM killer came"
	echo max >"$root/small/memory.max"
	stop_writer 0
	stop_writer 1
	expected=$(cat /run/wrote.* | paste -sd+ | bc)
	saw=$(on 0 "$SSI_BUILD/tests/incr" --region r1 --pages 480 --sum)
	[ "$saw" = "$expected" ] ||
		die "$saw increments are there, $expected were made"
	echo "ok - a cgroup at its limit ($(event_of small max) times) stops no fault"
	ssictl 0 region delete r1 >/dev/null || die "region delete"
}

declare -a writers
echo +memory >"$root/cgroup.subtree_control" || die "no memory controller"
mkdir "$root/joiner" "$root/vmm" "$root/small" || die "mkdir"
make_enter
load_module
join_in_group --share 16M --hold-us 20
mapfile -t joined < <(nodes)
ssictl 0 region create r0 --size 24M >/dev/null || die "region create"
check_who_pays
check_uncharged
check_limit
leave_all
unload_module
