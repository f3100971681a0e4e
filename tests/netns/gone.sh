#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: a program keeps the file of a region, without having it open,
# while the region is deleted and its node leaves. Regression: opening it again
# found freed memory, and after rmmod freed text.
# usage: gone.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

load_module
join_all --share 32M
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
mkfifo /run/go
ssictl 0 region attach r0 -- python3 "$(dirname "$0")/opath.py" {} /run/go \
	>/run/said &
holder=$!
await "the file is kept" grep -qx held /run/said
check "the region can be deleted" ssictl 0 region delete r0
echo >/run/go
await "opening it is refused" grep -qx ESHUTDOWN /run/said
leave_all
refuses "in use" rmmod ssi_mem
echo >/run/go
wait $holder || die "the program failed"
unload_module
exit $failed
