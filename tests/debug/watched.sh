#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on a kernel of tests/debug: a command, and then asks the kernel
# for what it does not look for by itself. What it finds stands in its log, which
# the lab searches.
# usage: watched.sh COMMAND...

set -u

kmemleak=/sys/kernel/debug/kmemleak
kcsan=/sys/kernel/debug/kcsan

# Races of the boot are not the module's.
[ ! -e $kcsan ] || echo on >$kcsan

"$@" || exit

# A first scan notes what the memory holds that nobody seems to refer to; the
# second reports what did not change, and is older than kmemleak's five seconds.
find_leaks() {
	echo scan >$kmemleak
	sleep 6
	echo scan >$kmemleak
	[ ! -s $kmemleak ] || {
		echo "not ok - memory that nobody refers to; the module's text was at" \
			"$(cat /run/ssi_mem.text)"
		cat $kmemleak
	}
}

[ ! -e $kmemleak ] || find_leaks
# After its first report lockdep looks for nothing more; it says so here, too.
[ ! -e /proc/lockdep_stats ] || grep -q 'debug_locks: *1' /proc/lockdep_stats || {
	echo "not ok - lockdep has turned itself off"
	exit 1
}
