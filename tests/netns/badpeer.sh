#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: a peer that is no kernel does to two that are what no good
# peer does, while those two work on a region of their own; their increments
# must all be there, and in the end everything must go.
# usage: badpeer.sh [MESSAGES [SEED] | deaf]
# The table of cases, and so many random messages (10000); with `deaf' instead,
# messages whose answers are never read. The seed is printed; with the same one
# the same is sent, as far as that does not follow from what the kernels say.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
REGION=honest PAGES=16 THREADS=1
# shellcheck source=tests/netns/writers.sh
. "$(dirname "$0")/writers.sh"

messages=${1:-10000}
seed=${2:+--seed $2}

# While it is known no other life of it is.
bad_is_gone() {
	[ "$(ssictl "$1" status -j | jq '[.nodes[0].peers[] |
		select(.peer == 3)] | length')" = 0 ]
}

# The third node is no kernel.
bad() {
	# Nothing of this environment goes along by itself.
	on 2 env PATIENCE="$patience" "$SSI_BUILD/tests/badpeer" \
		/run/ssi-secret "$(ip_of 0)" "$(ip_of 1)" "$@" || {
		tail -n +1 /sys/kernel/debug/ssi_mem/*/{regions,homes,requests,peers}
		die "badpeer $*"
	}
	await "the bad peer is gone" bad_is_gone 0
	await "the bad peer is gone" bad_is_gone 1
}

# The kernel log is not flooded: what comes from one place in the source, and so
# differs in numbers and names at most, comes ten times in five seconds.
bad_log() {
	local began=$SECONDS follower count=0 line limit
	dmesg --follow-new >/run/said &
	follower=$!
	"$@"
	kill $follower
	limit=$((10 * ((SECONDS - began) / 5 + 2)))
	read -r count line < <(sed -n 's/.*ssi_mem: //; t said; d; :said
		s/[0-9][0-9]*/N/gp' /run/said | sort | uniq -c | sort -rn)
	((count > 0)) || die "the kernel log tells nothing of a bad peer"
	((count <= limit)) || die "$count times in the kernel log: $line"
	say "no line more than $count times in the kernel log, $limit are allowed"
}

load_module
make_secret
for k in 0 1; do
	join_node $k --share 8M --plain --hold-us 20
done
await_links
ssictl 0 region create honest --size 4M >/dev/null || die "region create"
start_writers 0 1
if [ "$messages" = deaf ]; then
	bad --deaf
else
	bad
	# shellcheck disable=SC2086 # two words, or none
	bad_log bad --random "$messages" $seed
fi
stop_writers
check_sums
# The bad peer has left, and is forgotten.
await_links
ssictl 0 region delete honest >/dev/null || die "region delete"
await_empty
leave_all
unload_module
