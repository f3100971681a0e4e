# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A guest goes through its memory, half of which is elsewhere: with node 1, or in
# swap there; every other 2 MiB.

scan_pages=8192

# scan_region ROW ORDER: node 0's guest has written to all, then node 1 to half
scan_region() {
	in_background /tmp/scan fault --row "$1" --region g --access read --before write \
		--order "$2" --guest --meet /tmp/scan
	own 1 g "$(seq -s, 1 2 $((scan_pages / 512 - 1)))"
	let_holds_end
	: >/tmp/scan.go
	# shellcheck disable=SC2154 # of lib.sh
	wait "$background" || die "$1"
	measured "$1"
}

measure_scan() {
	row scan.plain.seq fault --guest --anon --pages $scan_pages --before write
	row scan.plain.random fault --guest --anon --pages $scan_pages --before write \
		--order random
	start_nbd
	start_swap
	swap_row 3 half scan.swap.seq --guest --pages $scan_pages
	swap_row 0 half scan.swap.random --guest --pages $scan_pages --order random
	swapoff /dev/nbd0
	stop_nbd
	make_secret
	join_node 0 --plain --share 64M
	join_node 1 --plain --share 64M
	await_links
	ssictl 0 region create g --size $((scan_pages / 256))M >/dev/null || die "region g"
	scan_region scan.ours.seq seq
	scan_region scan.ours.random random
	ssictl 0 region delete g >/dev/null || die "region g"
	leave_all
}
