#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, on node 0: what an administrator of two machines would type,
# and around it what watches the guest and writes summary.json to $LAB_OUT.
# Environment: SSI_BUILD, SSI_MODULE, and the sizes from tests/demo/run.

set -u

ssictl=$SSI_BUILD/ssictl
ips=("$LAB_IP_0" "$LAB_IP_1")
port=7000
console=$LAB_OUT/console.log
touched_bytes=0

fail() {
	echo "demo: FAILED: $*" >&2
	tail -n 15 "$console" 2>/dev/null | sed 's/^/  guest: /' >&2
	exit 1
}

say() {
	printf 'demo: %3ds  %s\n' "$SECONDS" "$*"
}

# field NODE JQ-EXPRESSION: of the node's status
field() {
	on "$1" "$ssictl" status -j | jq -r ".nodes[0].$2"
}

# counter NODE NAME
counter() {
	on "$1" "$ssictl" stats -j | jq -r ".nodes[0].$2"
}

remote_faults() {
	counter 0 remote_faults_timed
}

# ---- the cluster ----

join_cluster() {
	local k
	head -c 32 /dev/urandom | base64 >"$LAB_OUT/secret"
	chmod 600 "$LAB_OUT/secret"
	for k in 0 1; do
		on "$k" insmod "$SSI_MODULE" || fail "node $k: insmod"
	done
	say "insmod ssi_mem.ko on both nodes"
	on 0 "$ssictl" join --id 1 --listen "${ips[0]}:$port" \
		--secret "$LAB_OUT/secret" --share "$SHARE_0" >/dev/null ||
		fail "node 0: ssictl join"
	on 1 "$ssictl" join --id 2 --listen "${ips[1]}:$port" \
		--secret "$LAB_OUT/secret" --share "$SHARE_1" \
		--peer "1=${ips[0]}:$port" >/dev/null ||
		fail "node 1: ssictl join"
	rm "$LAB_OUT/secret"
	say "ssictl join on both nodes, links are $(field 0 'peers[0].transport')"
	"$ssictl" region create guest --size "$GUEST_RAM" >/dev/null ||
		fail "ssictl region create"
	say "ssictl region create guest --size $GUEST_RAM (shares $SHARE_0 and $SHARE_1)"
}

leave_cluster() {
	"$ssictl" region delete guest >/dev/null || fail "ssictl region delete"
	on 1 "$ssictl" leave >/dev/null || fail "node 1: ssictl leave"
	on 0 "$ssictl" leave >/dev/null || fail "node 0: ssictl leave"
	on 1 rmmod ssi_mem || fail "node 1: rmmod"
	on 0 rmmod ssi_mem || fail "node 0: rmmod"
	say "region deleted, both nodes left, modules unloaded"
}

# ---- the guest ----

start_guest() {
	mkfifo /run/guest-input
	# The guest's init waits for a line on its console at the end.
	exec 3<>/run/guest-input
	timeout -s KILL "$GUEST_SECONDS" "$SSI_BUILD/ssi-vmm" \
		--kernel "$GUEST_KERNEL" --initrd "$SSI_BUILD/demo/initrd" \
		--append "console=ttyS0 loglevel=4 panic=-1 $GUEST_APPEND" \
		--region guest --cpus 2 </run/guest-input >"$console" 2>&1 &
	guest=$!
	say "ssi-vmm boots $(basename "$GUEST_KERNEL"): $GUEST_RAM of RAM, 2 vCPUs"
}

# Called every few seconds while the guest runs.
show_progress() {
	local now faults=$2 seconds=$3
	now=$(remote_faults)
	say "$1 ($(((now - faults) / (seconds > 0 ? seconds : 1))) remote faults/s, $now in all)"
	shown_faults=$now
	shown_at=$SECONDS
}

last_progress() {
	local line
	line=$(tr -d '\r' <"$console" | grep -a '^workload:' | tail -n 1)
	echo "${line#workload: }"
}

# Wait for the workload's last line, telling how far it is.
watch_guest() {
	shown_faults=0
	shown_at=$SECONDS
	until grep -aq '^workload: ends' "$console"; do
		kill -0 "$guest" 2>/dev/null || fail "ssi-vmm ended early"
		if ((SECONDS - shown_at >= 5)); then
			show_progress "$(last_progress)" "$shown_faults" \
				$((SECONDS - shown_at))
		fi
		read -rt 1 <> <(:) || :
	done
}

workload_figure() {
	tr -d '\r' <"$console" | sed -n "s/^workload: $1 \([0-9]*\).*/\1/p" |
		head -n 1
}

stop_guest() {
	local status=0
	echo >&3
	wait "$guest" || status=$?
	[ $status = 0 ] || fail "ssi-vmm: exit status $status"
	say "the guest powered off"
}

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
	jq -r '
		[ if .wrong_bytes != 0 then "wrong bytes" else empty end,
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
		  if .boot_id[0] == .boot_id[1]
		  then "both nodes are one kernel" else empty end
		] | join("; ")' --argjson full "$FULL" "$LAB_OUT/summary.json"
}

join_cluster
start_guest
watch_guest
say "workload done"
measure
stop_guest
show_table
leave_cluster
verdict=$(judge)
[ -z "$verdict" ] || fail "$verdict"
