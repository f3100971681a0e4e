#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: the distribution's QEMU boots a stock kernel in a region that
# spans two nodes, by way of memory-backend-file.
# usage: qemu.sh INITRD

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

initrd=$1
log=/run/qemu.log

boot() {
	on 0 "$SSI_BUILD/ssictl" region attach guest -- \
		timeout -s KILL 240 qemu-system-x86_64 -cpu host -smp 1 -m 256M \
		-machine q35,accel=kvm,memory-backend=ram \
		-object memory-backend-file,id=ram,size=256M,mem-path={},share=on \
		-kernel "$SSI_BUILD/kernels/$LAB_KERNEL/vmlinuz" \
		-initrd "$initrd" -append 'console=ttyS0 quiet panic=-1 mitigations=off' \
		-nodefaults -display none -no-reboot -serial stdio \
		</dev/null 2>&1 | tr -d '\r' >"$log"
}

# says TEXT: did the guest say so?
says() {
	grep -q -- "$1" "$log" || {
		sed 's/^/# /' "$log"
		die "the guest does not say: $1"
	}
	echo "ok - $(grep -m 1 -- "$1" "$log")"
}

load_module
join_all --share 192M
ssictl 1 region create guest --size 256M >/dev/null || die "region create"
boot
says 'guest: cpus 1'
says 'guest: memory 2[0-9][0-9]M'
say "$(ssictl 0 region list -j |
	jq -r '.regions[0] | "\(.pages_owned) pages at node 0"'), $(stat_sum served) requests served"
(($(ssictl 1 stats -j | jq '.nodes[0].served') > 0)) ||
	die "node 1 had no part in it"
ssictl 1 region delete guest >/dev/null || die "region delete"
leave_all
unload_module
