#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Memory that never comes: the monitor still ends on SIGTERM, be it its loader
# that waits or a vCPU.
# shellcheck disable=SC2317 # functions are called through check
set -u
. tests/vmm/lib.sh

start_stalled() {
	LD_PRELOAD=$PWD/$vmm_data/stall.so STALL_FROM=$1 STALL_BYTES=$((16 << 20)) \
		timeout -s KILL 240 "$vmm" --kernel "$vmm_kernel" \
		--initrd "$vmm_data/initrd" --memory-backend anon --memory 256M \
		--control "$vmm_scratch/control" \
		--append "$vmm_base nokaslr" </dev/null >"$vmm_log" 2>&1 &
	outer=$!
	await 40 pgrep -P $outer >/dev/null
	pid=$(pgrep -P $outer)
}

# A thread of $pid waits for a page.
waits_for_page() {
	cat /proc/"$pid"/task/*/wchan | grep -q userfault
}

ends_soon() {
	local began=$SECONDS
	kill -TERM "$pid"
	vmm_code=0
	wait "$outer" || vmm_code=$?
	[ $((SECONDS - began)) -le 6 ]
}

# Kernel and initial RAM disk are loaded; the kernel unpacks itself and stalls.
start_stalled $((48 << 20))
check 'vCPU: waits for a page' await 120 waits_for_page
reply=$(tests/vmm/ask "$vmm_scratch/control" pause)
check 'vCPU: can be paused' test "$(jq -c .paused <<<"$reply")" = true
reply=$(tests/vmm/ask "$vmm_scratch/control" resume)
check 'vCPU: can be resumed' test "$(jq -c .paused <<<"$reply")" = false
check 'vCPU: ends within the deadline' ends_soon
check 'vCPU: exit status 143' code_is 143
# From 6.2 on KVM lets a signal end the wait: then nobody is left behind.
case $(uname -r) in
6.1.*) check 'vCPU: said why' said 'still wait for memory' ;;
esac

# The loader itself stalls in the kernel image.
start_stalled $((16 << 20))
check 'loader: waits for a page' await 120 waits_for_page
check 'loader: ends within the deadline' ends_soon
check 'loader: exit status 143' code_is 143
finish
