#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: node 0 alone writes to more memory than its share while the
# wire is slow, so that hundreds of evictions are open at its own home at a
# time. Regression: credit for a request that another node's DONE ended was not
# told, and after 256 of them the writer waited for ever.
# usage: evict.sh [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

pages=6000
share=$((16 << 20))

slow_wire() {
	local k
	for k in $(nodes); do
		on "$k" tc qdisc replace dev eth0 root tbf rate 50mbit \
			burst 64k latency 400ms || die "node $k: tc"
	done
}

check_peak() {
	local k peak reserve
	for k in $(nodes); do
		peak=$(ssictl "$k" status -j | jq '.nodes[0].peak')
		reserve=$(ssictl "$k" status -j | jq '.nodes[0].reserve')
		((peak <= share + reserve)) ||
			die "node $k held $peak bytes, share and reserve are $((share + reserve))"
	done
}

load_module
join_all --share "$share" "$@"
ssictl 0 region create r0 --size 24M >/dev/null || die "region create"
slow_wire
wrote=$(on 0 "$SSI_BUILD/tests/incr" --region r0 --pages $pages \
	--threads 4 --ops 4000) || die "the writer failed"
saw=$(on 1 "$SSI_BUILD/tests/incr" --region r0 --pages $pages --sum)
[ "$saw" = "$wrote" ] || die "node 1 sees $saw increments, $wrote were made"
check_peak
say "$(stat_sum evictions) evictions, $wrote increments, all there"
(($(stat_sum evictions) > 1000)) || die "too few evictions for this test"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
