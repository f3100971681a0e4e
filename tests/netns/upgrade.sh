#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with two nodes: an instruction reads a shared page and then
# writes to it. Regressions: its write removed the read-only mapping and asked
# for nothing, and the instruction began anew with the read, for ever; and it did
# so until ownership came, with a processor for itself.
# usage: upgrade.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

pages=64
# Of them, while messages take long.
slow_pages=8

joined() {
	ssictl 0 stats -j | jq '.nodes[0].joined'
}

load_module
join_all --share 32M
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
on 1 "$SSI_BUILD/tests/touch" r0 0 $pages write 7 || die "node 1 writes"
on 0 "$SSI_BUILD/tests/touch" r0 0 $pages check 7 || die "node 0 reads"
on 0 timeout $((60 * patience)) "$SSI_BUILD/tests/touch" r0 0 $pages move 7 ||
	die "node 0 does not get to write"
on 1 "$SSI_BUILD/tests/touch" r0 0 $pages check 7 || die "node 1 reads"
before=$(joined)
on 1 tc qdisc replace dev eth0 root netem delay 100ms || die "tc"
on 0 timeout $((60 * patience)) "$SSI_BUILD/tests/touch" r0 0 $slow_pages move 7 ||
	die "node 0 does not get to write over a slow link"
on 1 tc qdisc del dev eth0 root || die "tc"
tries=$(($(joined) - before))
say "$slow_pages pages over a slow link took $tries faults"
((tries <= slow_pages * 200)) || die "faults went in circles"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
