#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: nodes go through what another one has written, so that pages
# come before they are touched, also while sockets are killed, while both nodes
# write, and into shares that are full; and pages of zeroes, which travel as a flag.
# usage: ahead.sh [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

pages=1024
tracing=/sys/kernel/tracing

ok() {
	say "ok - $*"
}

# touch NODE HOW SEED: all pages, one after the other
touch_all() {
	local node=$1 said
	said=$(on "$node" "$SSI_BUILD/tests/touch" r0 0 "$pages" "$2" "$3") ||
		die "node $node: $2 $3: $said"
	[ "$said" = "good $pages wrong 0 lost 0" ] || die "node $node: $2 $3: $said"
}

# counter NODE NAME
counter() {
	number "$2" "$(ssictl "$1" stats -j)"
}

reset_all() {
	local k
	for k in $(nodes); do
		ssictl "$k" stats --reset >/dev/null || die "stats --reset"
	done
}

# Few faults wait for a page that nobody had asked for.
check_scan() {
	local came missed
	reset_all
	touch_all 0 write 1
	reset_all
	touch_all 1 check 1
	came=$(($(counter 1 prefetch_used) + $(counter 1 prefetch_late)))
	missed=$(($(counter 1 faults_read) + $(counter 1 faults_write)))
	((came > pages / 2)) || die "of $pages pages $came came ahead"
	((missed < pages / 4)) || die "of $pages pages $missed had to be waited for"
	ok "of $pages pages $came came ahead, $missed were asked for when touched"
	touch_all 1 write 2
	touch_all 0 check 2
	ok "what came ahead was written to, and went back"
}

check_traced() {
	echo 1 >$tracing/events/ssi_mem/enable
	touch_all 1 write 3
	touch_all 0 check 3
	echo 0 >$tracing/events/ssi_mem/enable
	cp $tracing/trace /run/trace
	echo >$tracing/trace
	grep -q ': ssi_prefetch_start: .*pages=[0-9a-f]* stride=1 home=' /run/trace ||
		die "no ssi_prefetch_start"
	grep -q ': ssi_owner_ahead: .*given=[1-9a-f]' /run/trace || die "no ssi_owner_ahead"
	grep -q ': ssi_prefetch_end: .*held=[1-9a-f]' /run/trace || die "no ssi_prefetch_end"
	ok "what comes ahead is traced"
}

check_blanks() {
	touch_all 0 blank 0
	touch_all 1 blank 0
	reset_all
	touch_all 0 zero 0
	(($(counter 1 blanks_sent) > pages * 9 / 10)) ||
		die "of $pages pages of zeroes $(counter 1 blanks_sent) went as a flag"
	(($(counter 1 pages_sent) < pages / 10)) ||
		die "of $pages pages of zeroes $(counter 1 pages_sent) went with content"
	touch_all 1 write 4
	touch_all 0 check 4
	ok "pages of zeroes go as a flag, also one by one"
}

# With prefetch off each page is asked for by itself, those of zeroes as well.
check_off() {
	local k
	for k in $(nodes); do
		ssictl "$k" region set r0 --prefetch 0 || die "region set"
	done
	touch_all 0 write 5
	reset_all
	touch_all 1 check 5
	touch_all 0 blank 0
	touch_all 1 zero 0
	[ "$(stat_sum prefetch_asked)" = 0 ] || die "asked for ahead, though it is off"
	(($(stat_sum blanks_sent) > 0)) || die "no page of zeroes went as a flag"
	for k in $(nodes); do
		ssictl "$k" region set r0 --prefetch 64 || die "region set"
	done
	refuses "out of range" ssictl 0 region set r0 --prefetch 65
	refuses "no region of that name" ssictl 0 region set r9 --prefetch 1
	((!failed)) || die "not refused by name"
	ok "it is off where it was set to 0"
}

# Both go through all pages, at once, and write.
check_breaks() {
	local k writers=()
	touch_all 0 write 6
	for k in $(nodes); do
		(touch_all "$k" move 6) &
		writers+=($!)
	done
	while kill -0 "${writers[0]}" 2>/dev/null; do
		kill_sockets
		await_links
	done
	for k in "${writers[@]}"; do
		wait "$k" || die "a writer failed"
	done
	touch_all 1 check 6
	ok "sockets were killed while both nodes went through the region"
}

# Neither node has room for all of it.
check_full() {
	local k pages=2048
	ssictl 0 region create r0 --size 8M >/dev/null || die "region create"
	touch_all 0 write 8
	touch_all 1 check 8
	touch_all 1 move 8
	touch_all 0 check 8
	for k in $(nodes); do
		(($(ssictl "$k" status -j | jq '.nodes[0] | .peak - .share - .reserve') <= 0)) ||
			die "node $k has held more than it may"
	done
	(($(stat_sum prefetch_used) > 0)) || die "nothing came ahead"
	ok "shares that are full take no more: $(stat_sum evictions) evictions, $(stat_sum drops) copies dropped, $(stat_sum prefetch_used) pages came ahead"
}

load_module
join_all --share 16M --hold-us 20 "$@"
ssictl 0 region create r0 --size 8M >/dev/null || die "region create"
check_scan
check_traced
check_blanks
check_off
check_breaks
[ "$(stat_sum malformed)" = 0 ] || die "malformed messages: $(stat_sum malformed)"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
join_all --share 6M --reserve 512K --hold-us 20 "$@"
check_full
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
