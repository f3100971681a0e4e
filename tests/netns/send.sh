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

pages=512

load_module
join_all --share 16M "$@"
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
on 1 "$SSI_BUILD/tests/touch" r0 0 $pages write 7 || die "node 1 writes"
on 0 "$SSI_BUILD/tests/touch" r0 0 $((pages - 1)) send 7 || die "what was sent is wrong"
(($(ssictl 0 stats -j | jq '.nodes[0].faults_read') >= pages)) ||
	die "not every page came while it was sent"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
