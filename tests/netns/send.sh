#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with two nodes: a program sends pages of a region over a socket
# of its own, and they come from the other node meanwhile. Regression: the links'
# messages were put together where the program's were just being, and both were
# sent wrong.
# usage: send.sh [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# A request is sent by the thread that faults where the home is the other node:
# of so many chunks, each of 512 pages, one has its home there.
chunks=8
pages=64

# touch_chunks NODE COUNT HOW: the first pages of each chunk
touch_chunks() {
	local chunk
	for ((chunk = 0; chunk < chunks; chunk++)); do
		on "$1" "$SSI_BUILD/tests/touch" r0 $((chunk * 512)) "$2" "$3" 7 ||
			die "node $1: $3"
	done
}

load_module
join_all --share 16M "$@"
ssictl 0 region create r0 --size $((chunks * 2))M >/dev/null || die "region create"
prefetch r0 0
touch_chunks 1 $pages write
touch_chunks 0 $((pages - 1)) send
(($(ssictl 0 stats -j | jq '.nodes[0].faults_read') >= chunks * pages)) ||
	die "not every page came while it was sent"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
