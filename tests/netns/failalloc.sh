#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with three nodes, on a kernel with fault injection: memory that
# the module asks for, or that the kernel asks for on its behalf, is refused. A
# management call then succeeds, or fails by name, leaves nothing and can be
# repeated. Page faults and links wait, and go on; every increment must be there.
# usage: failalloc.sh CHANGES KILLS PERCENT [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

changes=$1
kills=$2
percent=$3
shift 3
debug=/sys/kernel/debug
injectors='failslab fail_page_alloc'
many=1000000000

# set_all FILE VALUE: of each way to inject
set_all() {
	local injector
	for injector in $injectors; do
		echo "$2" >"$debug/$injector/$1" || die "$injector/$1"
	done
}

# Of all allocations, those with a function of the module among their callers.
aim_at_module() {
	local text
	text=$(awk '$2 ~ /^[tT]$/ && $4 == "[ssi_mem]" { print $1 }' \
		/proc/kallsyms | sort)
	set_all require-start "0x$(head -n 1 <<<"$text")"
	# The last function is smaller than that.
	set_all require-end "$(printf '0x%x' \
		$((0x$(tail -n 1 <<<"$text") + 0x1000)))"
	set_all stacktrace-depth 32
	set_all ignore-gfp-wait N
	set_all task-filter N
	set_all verbose 0
	echo N >$debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >$debug/fail_page_alloc/min-order
	set_all times $many
}

# refused_by INJECTOR: so many allocations so far
refused_by() {
	echo $((many - $(cat "$debug/$1/times")))
}

refused() {
	echo $(($(refused_by failslab) + $(refused_by fail_page_alloc)))
}

# ---- one allocation after the other ----

# with_nth N PROGRAM...: on node 0, and the Nth allocation that it causes in the
# module fails
with_nth() {
	local n=$1
	shift
	# shellcheck disable=SC2016 # that shell expands it
	on 0 timeout $((60 * patience)) sh -c \
		'echo "$0" >/proc/self/fail-nth && exec "$@"' "$n" "$@"
}

# fail_nth N: for fail_each. Return: false when there were not so many allocations.
fail_nth() {
	local before status
	before=$(refused)
	$try "$1" 2>/run/said
	status=$?
	if [ "$(refused)" = "$before" ]; then
		[ $status = 0 ] || die "$what: nothing was refused, and it failed: $(cat /run/said)"
		$undo || die "$what: can not be undone"
		return 1
	fi
	((++tried))
	if [ $status = 0 ]; then
		$undo || die "$what: succeeded without allocation $1, and can not be undone"
		return
	fi
	((++failures))
	grep -qi 'memory' /run/said ||
		die "$what: without allocation $1 ended with $status and said '$(cat /run/said)'"
	! $left || die "$what: without allocation $1 failed, and left something"
}

# fail_each WHAT TRY LEFT UNDO: TRY, told which allocation fails, succeeds, or
# fails by name and leaves nothing; UNDO undoes what succeeded. At each
# allocation that it makes, from some on the next to fail is further away; and at
# the last one, when all is done but telling so.
fail_each() {
	local what=$1 try=$2 left=$3 undo=$4 last=0 beyond=1 middle tried=0 failures=0
	while fail_nth $beyond; do
		last=$beyond
		((beyond += 1 + beyond / 2))
	done
	while middle=$(((last + beyond) / 2)) && ((middle > last)); do
		if fail_nth $middle; then
			last=$middle
		else
			beyond=$middle
		fi
	done
	((tried > 0)) || die "$what: no allocation of it was refused"
	say "ok - $what: failed $failures times, with $tried of $last allocations refused"
}

# In the foreground, since a process that is forked is spared.
try_join() {
	rm -f /run/joined
	with_nth "$1" "$SSI_BUILD/ssictl" join --foreground --id 1 \
		--listen "$(addr_of 0)" --secret /run/ssi-secret --share 8M \
		>/run/joined &
	agent=$!
	until [ -s /run/joined ]; do
		kill -0 $agent 2>/dev/null || break
		read -rt 0.1 <> <(:) || :
	done
	[ -s /run/joined ] || wait $agent
}

is_joined() {
	[ "$(ssictl 0 status -j | jq '.nodes | length')" != 0 ]
}

undo_join() {
	ssictl 0 leave >/dev/null && wait "$agent"
}

# Who could not leave is here, and is asked again.
try_leave() {
	is_joined || try_join 0 || die "node 0 joins"
	with_nth "$1" "$SSI_BUILD/ssictl" leave >/dev/null
}

has_left() {
	! is_joined
}

undo_leave() {
	wait "$agent" && has_left
}

try_create() {
	with_nth "$1" "$SSI_BUILD/ssictl" region create r1 --size 4M >/dev/null
}

is_region() {
	local k
	for k in "${joined[@]}"; do
		[ "$(ssictl "$k" region list -j | jq '.regions | length')" = 0 ] ||
			return 0
	done
	return 1
}

undo_create() {
	ssictl 0 region delete r1 >/dev/null && ! is_region
}

# A program that attaches may be told that there is no memory. Page faults not:
# they wait, though nothing else is sent on the link that would take them along.
try_touch() {
	on 1 "$SSI_BUILD/tests/touch" r1 0 10 write 7 >/dev/null ||
		die "node 1 writes"
	with_nth "$1" "$SSI_BUILD/tests/touch" r1 0 10 move 7 >/run/result ||
		return
	[ "$(cat /run/result)" = "good 10 wrong 0 lost 0" ] ||
		die "a page fault got the wrong page: $(cat /run/result)"
}

is_attached() {
	[ "$(ssictl 0 region list -j | jq '.regions[0].attached')" != 0 ]
}

undo_touch() {
	! is_attached
}

# ---- many at once ----

# calmly COMMAND...: while nothing is refused, since it is the test that looks
calmly() {
	local status
	set_all probability 0
	"$@"
	status=$?
	set_all probability "$percent"
	return $status
}

# persist NODE PROGRAM...: it may fail for lack of memory, or since a link lacked it
# (kernel TLS gives a link up that can not decrypt a record), but not for ever
persist() {
	local node=$1 deadline=$((SECONDS + 30 * patience))
	shift
	until on "$node" timeout $((60 * patience)) "$@" >/run/result 2>/run/said; do
		! grep -E '(wrong|lost) [1-9]|WRONG' /run/result /run/said ||
			die "$*"
		((SECONDS < deadline)) || die "$*: $(cat /run/said)"
	done
}

persist_ssictl() {
	persist "$1" "$SSI_BUILD/ssictl" "${@:2}"
}

regions_come_and_go() {
	persist_ssictl 0 region create r1 --size 4M
	persist 1 "$SSI_BUILD/tests/touch" r1 0 60 write 7
	persist 0 "$SSI_BUILD/tests/touch" r1 0 60 check 7
	[ "$(cat /run/result)" = "good 60 wrong 0 lost 0" ] ||
		die "node 0 reads: $(cat /run/result)"
	persist_ssictl 0 region delete r1
}

# The last node is no writer.
members_come_and_go() {
	local last
	last=$(last_node)
	persist_ssictl "$last" join --id $((last + 1)) \
		--listen "$(addr_of "$last")" --secret /run/ssi-secret \
		--share 16M --peer "1=$(addr_of 0)" --peer "2=$(addr_of 1)" "$@"
	joined+=("$last")
	await "all links are up" calmly links_up
	persist_ssictl 0 region extend r0 --member $((last + 1))
	persist "$last" "$SSI_BUILD/tests/incr" --region r0 --pages "$pages" \
		--ops 200 --base 8
	cp /run/result /run/wrote.last
	persist_ssictl "$last" leave
	is_gone "$last"
}

# start_writer NAME COMMAND...: in the background, until it is told to end
start_writer() {
	local name=$1
	shift
	("$@") >"/run/wrote.$name" &
	writers[$name]=$!
}

# Of the programs that attach, as many as there are writers have.
are_attached() {
	local process count=0
	for process in $(pgrep -x 'incr|vcpu'); do
		! grep -qs ' /ssi_mem' "/proc/$process/maps" || ((++count))
	done
	((count == ${#writers[@]}))
}

# Regression: a writer that was slow to start met the refused allocations, which it
# may be told of while it attaches.
start_writers() {
	local k
	for k in 0 1; do
		start_writer "$k" exec on "$k" nice -n 19 "$SSI_BUILD/tests/incr" \
			--region r0 --pages "$pages" --threads 2 \
			--ops 1000000000 --base $((k * 2))
	done
	# A guest has no way to be told that there is no memory.
	start_writer guest exec on 0 nice -n 19 "$SSI_BUILD/tests/vcpu" \
		--first 16 r0 "$pages"
	await "all writers are attached" are_attached
}

check_writers() {
	local name
	for name in "${!writers[@]}"; do
		kill -0 "${writers[$name]}" 2>/dev/null ||
			die "writer $name was killed"
	done
}

stop_writers() {
	local name
	kill -TERM "${writers[@]}"
	for name in "${!writers[@]}"; do
		wait "${writers[$name]}" || die "writer $name failed"
	done
	say "a guest made $(cat /run/wrote.guest) of the increments"
}

have_changed() {
	(($(stat_sum owner_changes) >= changes))
}

are_down() {
	(($(dmesg | grep -c 'channel is down') >= $1))
}

# Regression: an event that there was no memory for was lost, and who makes links
# anew never heard that they had broken.
lose_events() {
	local down
	down=$(dmesg | grep -c 'channel is down')
	set_all probability 100
	kill_sockets
	await "four channels are down" are_down $((down + 4))
	set_all probability 0
	await_links
	say "ok - links that broke unheard are made anew"
}

refuse_many() {
	local round injector
	set_all probability "$percent"
	for ((round = 1; round <= kills; round++)); do
		kill_sockets
		await "all links are up" calmly links_up
		regions_come_and_go
		members_come_and_go "$@"
		check_writers
		say "sockets killed $round times, $(refused) allocations refused"
	done
	until calmly have_changed; do
		check_writers
		read -rt 1 <> <(:) || :
	done
	set_all probability 0
	for injector in $injectors; do
		(($(refused_by "$injector") > 0)) || die "$injector refused nothing"
	done
	say "$(refused_by failslab) times no slab, $(refused_by fail_page_alloc) times no page"
}

declare -A writers
pages=32
[ -e $debug/failslab ] || die "this kernel has no fault injection"
load_module
aim_at_module
make_secret
fail_each "join" try_join is_joined undo_join
fail_each "leave" try_leave has_left undo_leave
! is_joined || undo_join || die "node 0 leaves"
join_node 0 --share 16M --hold-us 20 "$@"
join_node 1 --share 16M --hold-us 20 "$@"
await_links
fail_each "region create" try_create is_region undo_create
ssictl 1 region create r1 --size 4M >/dev/null || die "region create"
fail_each "attach and page faults" try_touch is_attached undo_touch
ssictl 1 region delete r1 >/dev/null || die "region delete"
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
lose_events
start_writers
refuse_many "$@"
stop_writers
sums_up r0 "$pages" 0 1
[ "$(stat_sum malformed)" = 0 ] || die "malformed messages: $(stat_sum malformed)"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
