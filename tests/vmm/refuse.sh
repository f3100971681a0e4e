#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What cannot work is refused with a reason and a remedy, before a guest runs.
# Needs /dev/kvm, but no guest.
set -u
. tests/vmm/lib.sh

head -c 100000 "$vmm_kernel" >"$vmm_scratch/short"
head -c 100 "$vmm_kernel" >"$vmm_scratch/stump"
head -c 100000 /dev/zero >"$vmm_scratch/zeroes"
yes text | head -c 100000 >"$vmm_scratch/text"
# A header that says boot protocol 2.04, of Linux 2.6.14.
cp "$vmm_kernel" "$vmm_scratch/old"
printf '\x04\x02' | dd of="$vmm_scratch/old" bs=1 seek=$((0x206)) \
	conv=notrunc status=none
truncate -s 300M "$vmm_scratch/large"
: >"$vmm_scratch/empty"
long=$(printf '%3000s' x | tr ' ' x)

# refuses NAME CODE WORDS OPTION...
refuses() {
	local name=$1 code=$2 words=$3
	shift 3
	vmm_code=0
	timeout -s KILL 80 "$vmm" "$@" </dev/null >"$vmm_log" 2>&1 || vmm_code=$?
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
	refuses 'zeroes as kernel' 1 'not a bzImage' $anon --kernel "$vmm_scratch/zeroes"
	refuses 'text as kernel' 1 'not a bzImage' $anon --kernel "$vmm_scratch/text"
	refuses 'a kernel too old' 1 'boot protocol 2.04 is too old' $anon --kernel "$vmm_scratch/old"
	refuses 'a device as kernel' 1 'not a regular file' $anon --kernel /dev/zero
	refuses 'a folder as kernel' 1 'not a regular file' $anon --kernel /
	refuses 'no initrd file' 1 'initrd /none: No such file' $anon --kernel "$vmm_kernel" --initrd /none
	refuses 'a folder as initrd' 1 'not a regular file' $anon --kernel "$vmm_kernel" --initrd /
	refuses 'empty initrd' 1 'the file is empty' $anon --kernel "$vmm_kernel" --initrd "$vmm_scratch/empty"
	refuses 'initrd too large' 1 'does not fit beside the kernel' $anon --kernel "$vmm_kernel" --initrd "$vmm_scratch/large"
	refuses 'command line too long' 1 'takes at most 2047' $anon --kernel "$vmm_kernel" --append "$long"
	refuses 'too little memory' 1 'give more with --memory' --memory-backend anon --memory 32M --kernel "$vmm_kernel"
	refuses 'odd memory' 2 'multiple of 2 MiB' --memory-backend anon --memory 255M --kernel "$vmm_kernel"
	refuses 'no CPUs' 2 '--cpus 0: not a number of CPUs' $anon --kernel "$vmm_kernel" --cpus 0
	refuses 'too many CPUs' 2 'CPUs are not possible' $anon --kernel "$vmm_kernel" --cpus 1000
	refuses 'not a number of CPUs' 2 '--cpus 2x: not a number of CPUs' $anon --kernel "$vmm_kernel" --cpus 2x
	refuses 'not a size' 2 'not a size' --memory-backend anon --memory 1X --kernel "$vmm_kernel"
	refuses 'a size that wraps' 2 'not a size' --memory-backend anon --memory 99999999999T --kernel "$vmm_kernel"
	refuses 'more memory than addresses' 1 'no address space' --memory-backend anon --memory 8388606T --kernel "$vmm_kernel"
	refuses 'another backend' 2 'unknown; the only other backend' --memory-backend file --memory 256M --kernel "$vmm_kernel"
	refuses 'unknown option' 2 '--frob: unknown option' $anon --kernel "$vmm_kernel" --frob
	refuses 'a word too many' 2 'frob: unknown option' $anon --kernel "$vmm_kernel" frob
	refuses 'an option without value' 2 '--kernel needs a value' $anon --kernel
	refuses 'an option twice' 2 '--cpus is given twice' $anon --cpus 1 --cpus 2 --kernel "$vmm_kernel"
	refuses 'no kernel' 2 'add --kernel FILE' $anon
	refuses 'no memory' 2 'no memory given' --kernel "$vmm_kernel"
	refuses 'two memories' 2 'exclude each other' $anon --region r --kernel "$vmm_kernel"
	refuses 'a node for nothing' 2 'no meaning' $anon --node n --kernel "$vmm_kernel"
	refuses 'memory of unknown size' 2 'needs --memory SIZE' --memory-backend anon --kernel "$vmm_kernel"
	refuses 'a region without a name' 2 '--region' --region '' --kernel "$vmm_kernel"
	refuses 'a name too long' 2 '--region' --region "${long:0:32}" --kernel "$vmm_kernel"
	if [ ! -e /dev/ssi_mem ]; then
		refuses 'no module' 1 'load the module' --region r --kernel "$vmm_kernel"
	fi
}
finish
