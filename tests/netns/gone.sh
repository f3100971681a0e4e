#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: a program keeps the file of a region, without having it open,
# while the region is deleted and its node leaves. Regression: opening it again
# found freed memory, and after rmmod freed text.
# usage: gone.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# heard WORD: the next line that the program says
# shellcheck disable=SC2317 # called by check
heard() {
	local line
	read -rt 30 line <&"${holder[0]}" && [ "$line" = "$1" ]
}

load_module
join_all --share 32M
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
coproc holder {
	ssictl 0 region attach r0 -- python3 "$(dirname "$0")/opath.py" {}
}
check "the file is kept" heard held
check "the region can be deleted" ssictl 0 region delete r0
echo >&"${holder[1]}"
check "and opened no more" heard ESHUTDOWN
leave_all
refuses "in use" rmmod ssi_mem
echo >&"${holder[1]}"
# shellcheck disable=SC2154 # set by coproc
wait "$holder_PID"
unload_module
exit $failed
