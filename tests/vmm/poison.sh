#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A page of guest memory is lost while a process of the guest owns it: that
# process gets SIGBUS for exactly this page, the guest lives on.
set -u
. tests/vmm/lib.sh

fifo=$vmm_scratch/fifo
mkfifo "$fifo"
modprobe hwpoison_inject

for cpus in 1 2; do
	timeout -s KILL 480 "$vmm" --kernel "$vmm_kernel" \
		--initrd "$vmm_data/initrd" --memory-backend anon --memory 256M \
		--cpus $cpus --append "$vmm_base act=poison" <"$fifo" >"$vmm_log" 2>&1 &
	outer=$!
	exec 3>"$fifo"
	check "$cpus cpus: guest names its page" await 240 said 'guest: page at'
	gpa=$(tr -d '\r' <"$vmm_log" | sed -n 's/guest: page at //p')
	check "$cpus cpus: page poisoned" "$vmm_data/corrupt" "$(pgrep -P $outer)" "$gpa"
	echo go >&3
	vmm_code=0
	wait $outer || vmm_code=$?
	exec 3>&-
	check "$cpus cpus: monitor reports the page" said "guest page at $gpa is lost"
	# Code 4 is BUS_MCEERR_AR: action required.
	check "$cpus cpus: SIGBUS for the page" said 'guest: SIGBUS code 4, right page'
	check "$cpus cpus: guest lives on" said 'guest: poison ended with 7'
	check "$cpus cpus: powers off" code_is 0
done
finish
