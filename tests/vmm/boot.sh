#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A stock kernel boots, sees the machine it was given, and powers off.
set -u
. tests/vmm/lib.sh

boots() {
	local kernel=$1 cpus=$2
	vmm_kernel=$kernel
	guest "$cpus" ''
	local name
	name="$(basename "$(dirname "$kernel")"), $cpus cpus"
	check "$name: powers off" code_is 0
	check "$name: number of CPUs" said "guest: cpus $cpus"
	check "$name: memory" grep -qE 'guest: memory 2[0-9][0-9]M' "$vmm_log"
	check "$name: clock" said 'guest: clock kvm-clock'
	check "$name: no warnings" not_said 'guest: warning'
}

for kernel in "${vmm_kernels[@]}"; do
	for cpus in 1 2; do
		boots "$kernel" "$cpus"
	done
done

vmm_kernel=${vmm_kernels[0]}
guest 2 'act=offline'
check 'a CPU goes and comes back' said 'guest: online 0-1'
check 'a CPU was away' grep -q 'guest: online 0$' "$vmm_log"
finish
