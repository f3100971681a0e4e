#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Regions as guest memory, on a node that has no peers: what is refused, and two
# guests at once, each in a region of its own.
# shellcheck disable=SC2317 # functions are called through check
set -u
. tests/vmm/lib.sh

ssictl=build/ssictl

# refuses NAME CODE WORDS COMMAND...
refuses() {
	local name=$1 code=$2 words=$3
	shift 3
	vmm_code=0
	timeout -s KILL 120 "$@" </dev/null >"$vmm_log" 2>&1 || vmm_code=$?
	check "$name: exit status $code" code_is "$code"
	check "$name: reason" said "$words"
}

# runs COMMAND...: quietly
runs() {
	"$@" >"$vmm_log" 2>&1
}

join() {
	(umask 077 && head -c 32 /dev/urandom | base64 >"$vmm_scratch/secret")
	check 'module is loaded' runs insmod \
		"build/kmod-$LAB_KERNEL/ssi_mem.ko"
	check 'node joins' runs $ssictl join --id 1 --listen 127.0.0.1:7000 \
		--secret "$vmm_scratch/secret" --share 288M
}

create() {
	check "region $1 of $2" runs $ssictl region create "$1" --size "$2"
}

check_refusals() {
	refuses 'no such region' 1 'no such region on node' \
		"$vmm" --region nowhere --kernel "$vmm_kernel"
	refuses 'no such node' 1 'no such node on this host' \
		"$vmm" --region a --node nobody --kernel "$vmm_kernel"
	refuses 'odd region' 1 'not a multiple of 2 MiB' \
		"$vmm" --region odd --kernel "$vmm_kernel"
	refuses 'memory that is not the region' 1 'make them equal' \
		"$vmm" --region a --memory 256M --kernel "$vmm_kernel"
	refuses 'region too small for a kernel' 1 'of memory to start' \
		"$vmm" --region small --kernel "$vmm_kernel"
	refuses 'region larger than the shares' 1 'the shares are 288 MiB' \
		$ssictl region create large --size 1G
	refuses 'no room beside the other regions' 1 'the shares are 288 MiB' \
		$ssictl region create more --size 64M
	refuses 'a name that is taken' 1 'the name is taken' \
		$ssictl region create a --size 2M
}

# start NAME: a guest in the region of this name, with as many CPUs as $2
start() {
	timeout -s KILL 800 "$vmm" --kernel "$vmm_kernel" \
		--initrd $vmm_data/initrd --region "$1" --cpus "$2" \
		--append "$vmm_base" </dev/null >"$vmm_scratch/$1" 2>&1 &
}

# ended NAME PID CPUS
ended() {
	vmm_code=0
	wait "$2" || vmm_code=$?
	tr -d '\r' <"$vmm_scratch/$1" >"$vmm_log"
	check "guest in $1: powers off" code_is 0
	check "guest in $1: its own CPUs" said "guest: cpus $3"
	check "guest in $1: no warnings" not_said 'guest: warning'
}

attached() {
	[ "$($ssictl region list -j |
		jq ".regions[] | select(.region == \"$1\") | .attached > 0")" = true ]
}

run_two() {
	local one two
	start a 1
	one=$!
	start b 2
	two=$!
	check 'both regions are in use' await 240 eval 'attached a && attached b'
	refuses 'a region in use is not deleted' 1 'a program has the region open' \
		$ssictl region delete a
	ended a $one 1
	ended b $two 2
}

leave() {
	local name
	for name in a b odd small; do
		check "region $name is deleted" runs $ssictl region delete $name
	done
	check 'node leaves' runs $ssictl leave
	check 'module is unloaded' runs rmmod ssi_mem
}

join
create a 112M
create b 112M
create odd 3M
create small 16M
check_refusals
run_two
leave
finish
