#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: the scripts of contrib/bpftrace while two nodes work, and whether
# they count and time what the module itself does. Node 0 has the id 1, node 1 the
# id 2. Nothing comes ahead or is evicted meanwhile: scripts leave that out.
# usage: bpf.sh [JOIN-OPTION...]
# bpf.sh --work NAME is what a script runs beside itself.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/writers.sh
. "$(dirname "$0")/writers.sh"

# Two nodes, and the page that they meet on: not more than a print has.
hot=8
worked=/run/worked

# ---- what scripts run ----

# Until each node had so many that it is worth to compare them.
work_faults() {
	local k
	pages=$hot
	start_writers
	for k in $(nodes); do
		until (($(number remote_faults_timed "$(ssictl "$k" stats -j)") > 100)); do
			check_writers
			read -rt 0.1 <> <(:) || :
		done
	done
	stop_writers
}

# Until something was lost with a connection, and sent again.
work_links() {
	local began
	began=$(stat_sum replays)
	start_writers
	while (($(stat_sum replays) == began)); do
		kill_sockets
		await_links
		check_writers
	done
	stop_writers
}

if [ "${1-}" = --work ]; then
	joined=(0 1)
	case $2 in
	faults) work_faults ;;
	links) work_links ;;
	esac && touch $worked
	exit
fi

# ---- what they find ----

# run_script NAME WORK: what it finds is in /run/NAME.json
run_script() {
	local work
	work="/bin/bash $(realpath "$0") --work $2"
	rm -f $worked
	bpftrace -f json -o "/run/$1.json" "contrib/bpftrace/$1.bt" -c "$work" ||
		die "bpftrace $1.bt"
	[ -e $worked ] || die "the work of $1.bt failed"
}

# found NAME FILTER: the last of each map that the script printed, as one object
found() {
	jq -rs 'map(select(.type == "map" or .type == "hist") | .data) | add |
		'"$2" "/run/$1.json"
}

read_stats() {
	local k
	for k in $(nodes); do
		ssictl "$k" stats -j >"/run/stats.$k" || die "stats"
	done
}

reset_stats() {
	local k
	for k in $(nodes); do
		ssictl "$k" stats --reset >/dev/null || die "stats --reset"
	done
}

# told NODE FILTER: of what the module says
told() {
	jq -r ".nodes[0] | $2" "/run/stats.$1"
}

equal() {
	if [ "$2" = "$3" ]; then
		echo "ok - $1: $2"
	else
		echo "not ok - $1: the script has $2, the module $3"
		failed=1
	fi
}

# A remote fault is a page to read or to write, or the right to write.
remote='select(.kind == "read" or .kind == "write" or .kind == "upgrade")'

# check_counts PHASE FILTER: the script counts what the filter adds up
check_counts() {
	local k
	for k in $(nodes); do
		equal "$1 of node $k" \
			"$(found fault-latency "(.\"@us\".\"$((k + 1)),$1\" // []) | map(.count) | add // 0")" \
			"$(told "$k" "$2")"
	done
}

# The buckets of the script are powers of two of microseconds, the module's eighths
# of such: half of all is in the same one, or next to its edge.
check_median() {
	local k ns
	for k in $(nodes); do
		ns=$(told "$k" .remote_fault_p50)
		found fault-latency ".\"@us\".\"$((k + 1)),total\" as \$hist |
			(\$hist | map(.count) | add) as \$all |
			reduce \$hist[] as \$b ({ sum: 0 };
				if .sum * 2 < \$all then .bucket = \$b else . end |
				.sum += \$b.count) |
			.bucket | .min * 875 <= $ns and $ns <= (.max + 1) * 1143" >/run/fits
		[ "$(cat /run/fits)" = true ] ||
			die "node $k: p50 is $ns ns; $(found fault-latency '."@us"')"
	done
}

check_latency() {
	reset_stats
	run_script fault-latency faults
	read_stats
	check_counts total .remote_faults_timed
	check_counts first .faults_first
	check_counts answer "[.times[] | select(.phase == \"answer\") | $remote | .count] | add // 0"
	check_counts queue '[.times[] | select(.phase == "queue") | .count] | add // 0'
	check_counts serve '[.times[] | select(.phase == "serve") | .count] | add // 0'
	check_median
	say "fault-latency.bt ran, and has the module's median"
}

check_pages() {
	local k
	reset_stats
	run_script ping-pong faults
	read_stats
	for k in $(nodes); do
		equal "pages that came to node $k" \
			"$(found ping-pong ".\"@came\".\"$((k + 1))\" // 0")" \
			"$(told "$k" .owner_changes)"
	done
	# It prints now and then, and forgets: all prints together, key by key.
	jq -s '[.[] | select(.type == "map") | .data | .["@moves0"] // .["@moves1"] // {} |
		to_entries[]]' /run/ping-pong.json >/run/moves
	equal "moves of all pages" "$(jq 'map(.value) | add' /run/moves)" \
		"$(jq -s 'map(.nodes[0].owner_changes) | add' /run/stats.*)"
	equal "pages that moved" "$(jq -c '[.[].key | split(",")[2] | tonumber] | unique' \
		/run/moves)" "[$(seq -s , 0 $hot)]"
	say "ping-pong.bt ran"
}

check_links() {
	reset_stats
	run_script link-replay links
	equal "messages sent again" "$(found link-replay '[."@replayed"[]] | add')" \
		"$(stat_sum replays)"
	(($(found link-replay '[."@lost"[]] | add') >= 4)) || die "less than 4 connections lost"
	grep -q 'lost, connection' /run/link-replay.json || die "no reason"
	grep -q 'back after' /run/link-replay.json || die "nothing came back"
	say "link-replay.bt told what was lost, why, and for how long"
}

load_module
join_all --share 4M --reserve 256K "$@"
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
prefetch r0 0
check_latency
check_pages
check_links
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
exit $failed
