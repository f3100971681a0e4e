#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: what can be seen of two nodes while they work, and after:
# tracepoints, histograms, pages, debugfs. Node 0 has the id 1, node 1 the id 2.
# usage: see.sh [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

tracing=/sys/kernel/tracing
debug=/sys/kernel/debug/ssi_mem
pages=1536
hot=16

ok() {
	say "ok - $*"
}

incr() {
	local node=$1
	shift
	on "$node" "$SSI_BUILD/tests/incr" --region r0 "$@"
}

# equal WHAT FIRST SECOND
equal() {
	[ "$2" = "$3" ] || die "$1: $2 and $3 differ"
}

# ---- tracepoints ----

trace_start() {
	echo 16384 >$tracing/buffer_size_kb
	echo 1 >$tracing/events/ssi_mem/enable
}

trace_stop() {
	echo 0 >$tracing/events/ssi_mem/enable
	cp $tracing/trace /run/trace
	echo >$tracing/trace
}

# traced EVENT PATTERN: there is such an event with this in it
traced() {
	grep -qE ": ssi_$1: .*$2" /run/trace ||
		die "no ssi_$1 with '$2': $(grep -m 1 "ssi_$1:" /run/trace)"
}

# Every step was traced, by names: a number stands where a name is missing. The
# acknowledgment of an invalidation may overtake the grant: it counts from zero on.
check_steps() {
	traced fault_begin 'page=[0-9]+ event=store'
	traced fault_end 'event=load result=LOCKED'
	traced request_start 'event=store msg=GET_WRITE home=[12]'
	traced request_answer 'peer=1 msg=DATA event=shared acks=0'
	traced request_answer 'msg=GRANT event=upgrade acks=[01]'
	traced request_answer 'msg=RANGE event=zeroes'
	traced request_ack 'peer=[12] acks=(0|-1)'
	traced request_complete 'state=sole perm=sole ns=[0-9]+'
	traced home_request 'peer=[12] msg=GET_READ'
	traced home_decide 'forward=FWD_READ owner=[12]'
	traced home_decide 'reply=GRANT grant=upgrade'
	traced home_done 'perm=shared'
	traced owner_forward 'msg=FWD_READ state=sole'
	traced owner_answer 'msg=DATA perm=shared state=owned'
	traced owner_answer 'msg=INVALIDATED'
	traced invalidate 'msg=INVALIDATE state=(shared|owned)'
	! grep -E ': ssi_.*=0x' /run/trace || die "a number without a name"
	ok "every step is traced, by names"
}

# A transaction that another node's page took part in is on both nodes' ways.
check_way() {
	local txn step
	txn=$(grep ': ssi_owner_answer: node=1 .*peer=2 msg=DATA' /run/trace |
		grep -om 1 'txn=[0-9a-f]*')
	for step in request_start home_request home_decide owner_forward \
		owner_answer request_answer request_complete home_done; do
		grep -q ": ssi_$step: .*$txn" /run/trace ||
			die "$txn was not traced at ssi_$step"
	done
	ok "$txn can be followed through all its steps"
}

check_evictions_traced() {
	traced evict_start 'txn=[0-9a-f]+ peer=2'
	traced evict_end 'moved'
	traced room 'node=2 peer=1 asked=[0-9]+ pages=[1-9]'
	traced owner_forward 'msg=FWD_EVICT'
	ok "evictions are traced"
}

check_links_traced() {
	traced stall 'event=(load|store) waits-for=page home=[12]'
	traced fault_end 'result=RETRY'
	traced link_down 'peer=[12] channel=(control|data) why=connection'
	traced link_up 'channel=control'
	traced link_replay 'seq=[0-9]+ messages=[1-9]'
	dmesg | grep -qE 'peer [12]: data channel is down: connection (reset|aborted)' ||
		die "the kernel log does not say why a channel broke"
	ok "a stall, and a link that breaks and replays, are traced; the log says why"
}

# ---- histograms ----

# What must be equal, of one node: a line with a name and two numbers for each.
# shellcheck disable=SC2016 # the dollars are jq's
sums='.nodes[0] as $node |
	def times(phase): $node.times | map(select(.phase == phase));
	def of(kind): map(select(.kind == kind));
	def counts: map(.count) | add // 0;
	({ read: "faults_read", write: "faults_write", first: "faults_first",
	   upgrade: "upgrades", evict: "evictions" } | to_entries[] |
	 .key as $kind |
	 "\(.value) \(times("total") | of($kind) | counts) \($node[.value])",
	 "answers-to-\($kind) \(times("answer") | of($kind) | counts) \(
		$node.answers_by_home | of($kind) | counts)"),
	"forwards \(times("serve") | counts) \($node.forwards)",
	"served \(times("queue") | counts) \($node.served)",
	"buckets \($node.buckets | counts) \(
		$node.times + $node.answers_by_home | counts)"'

# phases NODE: what of it was timed
phases() {
	jq -r '.nodes[0].times[] | "\(.phase)/\(.kind)"' "/run/stats.$1"
}

read_stats() {
	local k
	for k in $(nodes); do
		ssictl "$k" stats -j --hist >"/run/stats.$k" || die "stats"
	done
}

# At rest every event that was counted was timed.
check_sums() {
	local k what first second phase
	read_stats
	for k in $(nodes); do
		while read -r what first second; do
			equal "node $k, $what" "$first" "$second"
		done < <(jq -r "$sums" "/run/stats.$k")
	done
	for phase in total/read answer/write acks/upgrade wake/read wake/upgrade; do
		phases 1 | grep -qx $phase || die "node 1: $phase was not timed"
	done
	for phase in total/first total/evict unmap/read unmap/evict serve/evict; do
		phases 0 | grep -qx $phase || die "node 0: $phase was not timed"
	done
	# At the homes of what node 0 gave away: which these are is chance.
	{ phases 0; phases 1; } | grep -qx queue/evict ||
		die "queue/evict was not timed"
	ok "histograms add up to the counters"
}

check_reset() {
	local k
	for k in $(nodes); do
		ssictl "$k" stats --reset >/dev/null || die "stats --reset"
	done
	read_stats
	for k in $(nodes); do
		equal "node $k, counters after a reset" 0 \
			"$(jq '[.nodes[0][] | numbers] | add' "/run/stats.$k")"
		equal "node $k, times after a reset" 0 "$(jq '.nodes[0] |
			[.times, .answers_by_home, .buckets] | flatten | length' \
			"/run/stats.$k")"
	done
	incr 1 --pages $hot --ops 10 --base 2 >/dev/null ||
		die "the writer failed"
	[ "$(stat_sum faults_read)" != 0 ] || [ "$(stat_sum faults_write)" != 0 ] ||
		die "nothing is counted after a reset"
	ok "counters and histograms begin anew"
}

# ---- pages ----

# page_list NODE OPTIONS...: a line for each page: index, home, state, owner
page_list() {
	local node=$1
	shift
	ssictl "$node" pages r0 -j "$@" | jq -r '.regions[0].pages[] |
		. as $run | range(.first; .last + 1) |
		"\(.) \($run.home) \($run.state) \($run.owner // "-") " +
		"[\($run.sharers // [] | join(","))]"'
}

# The home's directory says of each page what the nodes themselves say of it.
check_owners() {
	local index home state owner sharers home2 state2 owner2 sharers2
	page_list 0 --range "0-$((pages - 1))" >/run/pages.0
	page_list 1 --range "0-$((pages - 1))" >/run/pages.1
	equal "pages told" $pages "$(wc -l </run/pages.0)"
	while read -r index home state owner sharers _ home2 state2 owner2 sharers2; do
		equal "page $index, homes" "$home" "$home2"
		[ "$home" = 1 ] || {
			owner=$owner2 sharers=$sharers2
		}
		case $owner:$state:$state2 in
		-:invalid:invalid) ;;
		1:sole:invalid | 1:untouched:invalid | 1:owned:*) ;;
		2:invalid:sole | 2:invalid:untouched | 2:*:owned) ;;
		*) die "page $index: the home says $owner, node 1 $state, node 2 $state2" ;;
		esac
		[ "$state" != shared ] || [[ $sharers == *1* ]] ||
			die "page $index: node 1 is a sharer, the home has '$sharers'"
	done < <(paste -d ' ' /run/pages.0 /run/pages.1)
	ok "directories and nodes agree about the owners of $pages pages"
}

# Who wrote last and alone is the owner, in all views.
check_writer() {
	local k
	incr 1 --pages $hot --threads 2 --ops 1000 --base 2 >/dev/null ||
		die "the writer failed"
	check_owners
	equal "hot pages of node 2" $hot \
		"$(head -n $hot /run/pages.1 | grep -c ' sole 2 ')"
	equal "hot pages by owner" "$(seq 0 $((hot - 1)))" \
		"$(for k in $(nodes); do page_list "$k" --owner 2; done |
			cut -d ' ' -f 1 | sort -nu | head -n $hot)"
	ok "the last writer owns the pages that it wrote"
}

check_chunks() {
	local k
	for k in $(nodes); do
		ssictl "$k" pages r0 -j >/run/chunks
		equal "chunks of node $k" 3 "$(jq '.regions[0].chunks | length' /run/chunks)"
		equal "pages in all chunks of node $k" $pages "$(jq '[.regions[0].chunks[] |
			.invalid, .untouched, .shared, .owned, .sole] | add' /run/chunks)"
		equal "homes as node $k has them" \
			"$(jq -c '[.regions[0].chunks[].home] | group_by(.) |
				map({ home: .[0], chunks: length })' /run/chunks)" \
			"$(ssictl "$k" region show r0 -j | jq -c '.regions[0].homes |
				map(select(.chunks > 0))')"
	done
	equal "pages of a chunk" 512 "$(page_list 0 --chunk 2 | wc -l)"
	ok "chunks add up"
}

# faults_of NODE: as the counters have them, and as the chunks do
faults_of() {
	ssictl "$1" stats -j | jq '.nodes[0] |
		.faults_read + .faults_write + .upgrades + .faults_first'
	ssictl "$1" pages r0 -j | jq '[.regions[0].chunks[].faults] | add'
}

# Two nodes take turns at three pages and the one behind, where the threads meet: the
# faults are those of their chunk, and the pages are the hottest of both.
check_heat() {
	local k turn
	mapfile -t before < <(faults_of 0)
	for turn in {1..12}; do
		for k in 0 1; do
			incr $k --pages 3 --ops 60 --base $((turn % 2)) >/dev/null ||
				die "the writer failed"
		done
	done
	mapfile -t after < <(faults_of 0)
	equal "faults by chunk" $((after[0] - before[0])) $((after[1] - before[1]))
	((after[0] - before[0] >= 36)) || die "only ${after[0]} faults"
	for k in 0 1; do
		equal "hottest pages of node $k" "0 1 2 3" "$(ssictl $k pages r0 --hot -j |
			jq -r '[.regions[0].hot[:4][].page] | sort | map(tostring) | join(" ")')"
	done
	ok "faults by chunk, and the hottest pages"
}

check_refusals() {
	refuses "no region of that name" ssictl 0 pages r9
	refuses "no region of that name" ssictl 0 region show r9
	refuses "no node of that name" ssictl 0 stats --node n9
	refuses "the chunks 0 to 2" ssictl 0 pages r0 --chunk 3
	refuses "the pages 0 to 1535" ssictl 0 pages r0 --range 0-1536
	((!failed)) || die "not refused by name"
}

# ---- links ----

# traffic NODE KEY: bytes of its only link
traffic() {
	ssictl "$1" status -j | jq ".nodes[0].peers[0].$2"
}

# What is under way between the nodes comes, and the rest is silence.
all_came() {
	[ "$(traffic 0 sent_bytes)" = "$(traffic 1 received_bytes)" ] &&
		[ "$(traffic 1 sent_bytes)" = "$(traffic 0 received_bytes)" ]
}

# While no connection broke nothing was sent twice: each message that came is one
# that was sent, and pages are the most of it.
check_traffic() {
	local sent
	prefetch r0 0
	incr 0 --pages $hot --ops 1000 >/dev/null || die "the writer failed"
	await "what was sent has come" all_came
	sent=$(traffic 0 sent_bytes)
	incr 1 --pages $hot --ops 1000 --base 2 >/dev/null || die "the writer failed"
	await "what was sent has come" all_came
	sent=$(($(traffic 0 sent_bytes) - sent))
	((sent > hot * 4096 && sent < 2 * hot * 4096)) ||
		die "$hot pages took $sent bytes"
	prefetch r0 64
	ok "all bytes that were sent have come: $sent for $hot pages"
}

# ---- debugfs ----

# Reads everything until /run/stop is there, or the directory is not.
read_debugfs() {
	while [ ! -e /run/stop ] && [ -d "$1" ]; do
		cat "$1"/{state,peers,regions,requests,homes} >/dev/null 2>&1
		ssictl 0 pages r0 --range "0-$((pages - 1))" >/dev/null 2>&1
	done
}

check_debugfs() {
	local dir k
	for k in 1 2; do
		dir=$(echo $debug/*-node$k)
		grep -q "^node: node$k, id $k," "$dir/state" || die "$dir/state"
		grep -q '^share: 1024 pages' "$dir/state" || die "$dir/state: share"
		grep -q "^peer $((3 - k)): .*" "$dir/peers" || die "$dir/peers"
		grep -q 'control channel: up' "$dir/peers" || die "$dir/peers"
		grep -q '^region r0: .* members 1-2' "$dir/regions" ||
			die "$dir/regions"
		[ ! -s "$dir/requests" ] || die "$dir/requests is not empty"
		[ ! -s "$dir/homes" ] || die "$dir/homes is not empty"
	done
	ok "debugfs tells of nodes, peers and regions"
}

# With the link down a request waits, and it can be seen for what.
check_stall() {
	local requests homes
	on 1 ip link set eth0 down || die "link down"
	kill_sockets
	(exec "$SSI_BUILD/tests/incr" --region r0 --pages $hot --ops 100000) \
		>/dev/null &
	writer=$!
	until [ "$(ssictl 0 status -j | jq '.nodes[0].stalled_faults')" != 0 ]; do
		kill -0 $writer || die "the writer did not wait"
	done
	requests=$(cat $debug/*-node1/requests)
	homes=$(cat $debug/*-node1/homes)
	[[ $requests =~ region\ r0\ page\ [0-9]+:.*waits\ for\ the\ answer\ of\ home ]] ||
		die "requests: $requests"
	[[ $requests == *"home 2"* || $homes =~ region\ r0\ page\ [0-9]+:\ get-.*\ of\ node\ 1 ]] ||
		die "homes: $homes, requests: $requests"
	kill -KILL $writer
	on 1 ip link set eth0 up
	await_links
	wait $writer
	ok "a request that waits is seen, and for what: $requests"
}

load_and_read() {
	local k writers=()
	rm -f /run/stop
	read_debugfs "$(echo $debug/*-node1)" &
	reader=$!
	for k in $(nodes); do
		incr "$k" --pages 1000 --threads 2 --ops 1500 --base $((2 * k)) \
			>/dev/null &
		writers+=($!)
	done
	for k in "${writers[@]}"; do
		wait "$k" || die "a writer failed"
	done
}

# A node that leaves changes the members of the other's region.
check_change_traced() {
	ssictl 0 region create r1 --size 1M >/dev/null || die "region create"
	trace_start
	ssictl 1 leave || die "node 1: leave"
	is_gone 1
	trace_stop
	traced change_step 'node=1 .*leader=2 step=freeze .*error=0'
	traced change_step 'node=2 .*leader=2 step=commit .*error=0'
	ssictl 0 region delete r1 >/dev/null || die "region delete"
	ok "a change of members is traced, step by step"
}

# The reader goes on while the node leaves, until there is no directory.
leave_under_readers() {
	ssictl 0 region delete r0 >/dev/null || die "region delete"
	check_change_traced
	leave_all
	wait $reader
	[ -z "$(ls $debug)" ] || die "debugfs: $(ls $debug)"
	unload_module
	[ ! -e $debug ] || die "$debug is still there"
	ok "debugfs was read under load, and while the nodes left"
}

load_module
trace_start
join_all --share 4M --reserve 256K "$@"
ssictl 0 region create r0 --size 6M >/dev/null || die "region create"
check_debugfs
prefetch r0 0
for k in 0 1; do
	incr $k --pages $hot --threads 2 --ops 500 --base $((2 * k)) >/dev/null ||
		die "the writer failed"
done
trace_stop
check_steps
check_way
prefetch r0 64
trace_start
incr 0 --pages $((pages - 1)) --threads 2 --ops 3000 >/dev/null ||
	die "the writer failed"
trace_stop
check_evictions_traced
check_sums
check_reset
check_writer
check_chunks
check_heat
check_refusals
check_traffic
trace_start
check_stall
trace_stop
check_links_traced
load_and_read
leave_under_readers
