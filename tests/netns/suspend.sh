#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: the machine does not go to sleep while a region spans it and
# others. Sleeping itself is tried up to the freezing of tasks, since the lab's
# file system does not outlive that of devices; the kernel wakes up by itself.
# usage: suspend.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# sleeps STATE: whether the machine would do it
sleeps() {
	echo "$1" 2>/run/why >/sys/power/state
}

# Modes of sleep that this machine knows.
states() {
	local state
	for state in freeze mem disk; do
		grep -qw "$state" /sys/power/state && echo "$state"
	done
}

check_refused() {
	local state count
	for state in $(states); do
		count=$(dmesg | grep -c 'this machine must not sleep')
		! sleeps "$state" || die "$state: the machine slept"
		grep -q 'Device or resource busy' /run/why ||
			die "$state: $(cat /run/why)"
		[ "$(dmesg | grep -c 'this machine must not sleep')" -gt "$count" ] ||
			die "$state: the kernel log does not say why"
		echo "ok - $state is refused while a region spans two nodes"
	done
	dmesg | grep 'this machine must not sleep' | tail -n 1
}

check_allowed() {
	sleeps freeze || die "refused though $1: $(cat /run/why)"
	echo "ok - allowed when $1"
}

echo freezer >/sys/power/pm_test || die "no pm_test"
echo 1 >/sys/module/suspend/parameters/pm_test_delay || die "no pm_test_delay"
load_module
check_allowed "no node has joined"
join_all --share 32M
check_allowed "there is no region"
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
check_refused
ssictl 0 region delete r0 >/dev/null || die "region delete"
check_allowed "the region is deleted"
await_links
ssictl 0 region create r0 --size 4M >/dev/null ||
	die "region create after waking up"
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
