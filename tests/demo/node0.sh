#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0: the demo itself. Writes summary.json to $LAB_OUT.

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"

touched_bytes=0

# ---- the summary ----

both() {
	echo "[$(field 0 "$1"), $(field 1 "$1")]"
}

both_counters() {
	echo "[$(counter 0 "$1"), $(counter 1 "$1")]"
}

# While the guest still runs: where its pages are.
measure() {
	local owned
	owned=$(both pages_owned)
	touched_bytes=$(jq -n "$owned | add * 4096")
	jq -n --argjson touched_bytes "$touched_bytes" \
		--argjson pages_on_node "$owned" \
		--argjson share_bytes "$(both share)" \
		--argjson reserve_bytes "$(both reserve)" \
		--argjson peak_bytes_on_node "$(both peak)" \
		--argjson served_faults "$(both_counters served)" \
		--argjson first_touches "$(counter 0 faults_first)" \
		--argjson local_faults "$(counter 0 faults_local)" \
		--argjson remote_faults "$(remote_faults)" \
		--argjson evictions "$(both_counters evictions | jq add)" \
		--argjson drops "$(both_counters drops | jq add)" \
		--argjson fault_p50_ns "$(counter 0 remote_fault_p50)" \
		--argjson fault_p99_ns "$(counter 0 remote_fault_p99)" \
		--argjson guest_ram_bytes "$("$ssictl" region list -j |
			jq '.regions[0].size')" \
		--argjson verified_bytes "$(workload_figure verifies)" \
		--argjson available_bytes "$(workload_figure available)" \
		--argjson wrong_bytes "$(workload_figure wrong_bytes)" \
		--arg boot_0 "$(on 0 cat /proc/sys/kernel/random/boot_id)" \
		--arg boot_1 "$(on 1 cat /proc/sys/kernel/random/boot_id)" \
		--argjson seconds "$SECONDS" \
		'{ schema: 1 } + $ARGS.named + { boot_id: [$boot_0, $boot_1] } |
		 del(.boot_0, .boot_1)' >"$LAB_OUT/summary.json" ||
		fail "summary.json"
}

show_table() {
	jq -r '
		def mib: . / 1048576 | floor | "\(.) MiB";
		"",
		"  guest RAM            \(.guest_ram_bytes | mib)",
		"  shares               \(.share_bytes | map(mib) | join(", "))",
		"  verified             \(.verified_bytes | mib), wrong bytes: \(.wrong_bytes)",
		"  pages with content   \(.pages_on_node[0]) on node 0, \(.pages_on_node[1]) on node 1",
		"  local faults         \(.local_faults)",
		"  remote faults        \(.remote_faults), p50 \(.fault_p50_ns / 1000 | floor) us, p99 \(.fault_p99_ns / 1000 | floor) us",
		"  miss ratio           \(.remote_faults * 1000 / ([.local_faults, 1] | max) | floor / 10) %",
		"  evictions            \(.evictions), clean copies dropped: \(.drops)",
		"  peak memory          \(.peak_bytes_on_node | map(mib) | join(", "))",
		""' "$LAB_OUT/summary.json"
}

# What must hold, each with its name.
judge() {
	jq -r --argjson full "$FULL" '
		[ if [.wrong_bytes, .verified_bytes, .guest_ram_bytes,
		      .available_bytes, .touched_bytes, .remote_faults,
		      (.peak_bytes_on_node, .share_bytes, .reserve_bytes,
		       .pages_on_node, .boot_id)[0, 1]] | any(. == null)
		  then "a figure is missing" else empty end,
		  if .wrong_bytes != 0 then "wrong bytes" else empty end,
		  if .verified_bytes < 0.6 * .guest_ram_bytes and $full == 1
		  then "verified less than 60 % of guest RAM" else empty end,
		  if .verified_bytes < 0.9 * .available_bytes and $full == 1
		  then "verified less than 90 % of MemAvailable" else empty end,
		  if .peak_bytes_on_node[0] > .share_bytes[0] + .reserve_bytes[0]
		  or .peak_bytes_on_node[1] > .share_bytes[1] + .reserve_bytes[1]
		  then "a node used more than share and reserve" else empty end,
		  if .pages_on_node[1] * 4096 <
		     0.9 * (.touched_bytes - .share_bytes[0])
		  then "too few pages on node 1" else empty end,
		  if .remote_faults > 100000 and $full == 1
		  then "more than 100000 remote faults" else empty end,
		  if .boot_id[0] == .boot_id[1]
		  then "both nodes are one kernel" else empty end
		] | join("; ")' "$LAB_OUT/summary.json"
}

join_cluster
start_guest
watch_guest
say "workload done"
measure
stop_guest end
show_table
leave_cluster 1 0
verdict=$(judge) || fail "the summary can not be judged"
[ -z "$verdict" ] || fail "$verdict"
