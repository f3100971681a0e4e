# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Faults that need no other node.

around=/sys/kernel/debug/fault_around_bytes

# The kernel maps up to 16 pages of a file at once; a fault is one of these.
measure_local() {
	local usual
	usual=$(cat $around)
	row local.anon fault --anon --pages 2048 --access write
	row local.shmem.around fault --shmem --pages 2048 --before write --forget
	echo 4096 >$around
	row local.shmem fault --shmem --pages 2048 --before write --forget
	echo "$usual" >$around
}
