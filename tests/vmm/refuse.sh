#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What cannot work is refused with a reason and a remedy, before a guest runs.
# Needs /dev/kvm, but no guest.
set -u
. tests/vmm/lib.sh

head -c 100000 "$vmm_kernel" >"$vmm_scratch/short"
head -c 100 "$vmm_kernel" >"$vmm_scratch/stump"
truncate -s 300M "$vmm_scratch/large"
: >"$vmm_scratch/empty"
long=$(printf '%3000s' x | tr ' ' x)

# refuses NAME CODE WORDS OPTION...
refuses() {
	local name=$1 code=$2 words=$3
	shift 3
	vmm_code=0
	timeout -s KILL 20 "$vmm" "$@" </dev/null >"$vmm_log" 2>&1 || vmm_code=$?
	check "$name: exit status $code" code_is "$code"
	check "$name: reason" said "$words"
}

anon="--memory-backend anon --memory 256M"
# shellcheck disable=SC2086 # $anon is several words
{
	refuses 'no kernel file' 1 'kernel /none: No such file' $anon --kernel /none
	refuses 'truncated kernel' 1 'truncated: its header promises' $anon --kernel "$vmm_scratch/short"
	refuses 'stump of a kernel' 1 'do not hold a kernel' $anon --kernel "$vmm_scratch/stump"
	refuses 'empty kernel' 1 'the file is empty' $anon --kernel "$vmm_scratch/empty"
	refuses 'a program as kernel' 1 'an ELF file, not a bzImage' $anon --kernel /bin/busybox
	refuses 'a device as kernel' 1 'not a regular file' $anon --kernel /dev/zero
	refuses 'initrd too large' 1 'does not fit beside the kernel' $anon --kernel "$vmm_kernel" --initrd "$vmm_scratch/large"
	refuses 'command line too long' 1 'takes at most 2047' $anon --kernel "$vmm_kernel" --append "$long"
	refuses 'too little memory' 1 'give more with --memory' --memory-backend anon --memory 32M --kernel "$vmm_kernel"
	refuses 'odd memory' 2 'multiple of 2 MiB' --memory-backend anon --memory 255M --kernel "$vmm_kernel"
	refuses 'no CPUs' 2 '--cpus 0: not a number of CPUs' $anon --kernel "$vmm_kernel" --cpus 0
	refuses 'too many CPUs' 2 'CPUs are not possible' $anon --kernel "$vmm_kernel" --cpus 1000
	refuses 'unknown option' 2 '--frob: unknown option' $anon --kernel "$vmm_kernel" --frob
	if [ ! -e /dev/ssi_mem ]; then
		refuses 'no module' 1 'load the module' --region r --kernel "$vmm_kernel"
	fi
}
finish
