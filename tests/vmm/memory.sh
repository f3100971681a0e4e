#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Memory above the hole between 3 and 4 GiB is found by the guest. Its pages
# are only promised, not touched, so the node needs no such amount.
set -u
. tests/vmm/lib.sh

vmm_code=0
timeout -s KILL 480 "$vmm" --kernel "$vmm_kernel" --initrd "$vmm_data/initrd" \
	--memory-backend anon --memory 4G \
	--append 'console=ttyS0 panic=-1' </dev/null >"$vmm_log" 2>&1 || vmm_code=$?
check 'powers off' code_is 0
check 'RAM below the hole' said '[mem 0x0000000000100000-0x00000000bfffffff] usable'
check 'RAM above the hole' said '[mem 0x0000000100000000-0x000000013fffffff] usable'
check 'all of it' grep -qE 'guest: memory 39[0-9][0-9]M' "$vmm_log"
finish
