#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: measures the rows of the bench that one machine can, all of them
# or those of the groups that are named.

here=$(dirname "$0")
# shellcheck source=tests/bench/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/bench/rows.sh
. "$here/rows.sh"
groups=(floor local peers ours scan state phases)
for group in "${groups[@]}"; do
	# shellcheck source=/dev/null
	. "$here/$group.sh"
done

# Reading from the host lets the emulator's time jump: all is brought close first.
settle() {
	mkdir -p /tmp/bench
	cp "$BENCH"/{floor,pingpong,fault,writers} "$BENCH_MODULE" "$SSI_MODULE" /tmp/bench/
	BENCH=/tmp/bench
	BENCH_MODULE=/tmp/bench/${BENCH_MODULE##*/}
	SSI_MODULE=/tmp/bench/${SSI_MODULE##*/}
	export BENCH_RAW=/tmp/raw
	mkdir -p $BENCH_RAW
}

[ $# -gt 0 ] || set -- "${groups[@]}"
settle
say "making $BENCH_NODES nodes"
make_nodes
load_module
for group; do
	say "== $group"
	"measure_$group"
	# What was measured is there though a later group fails.
	cp -r $BENCH_RAW "$LAB_OUT/"
done
unload_module
say "all measured"
