# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts that run in the lab on node 0: a cluster of two machines and a
# guest, as an administrator would type it. Environment: SSI_BUILD,
# GUEST_KERNEL, and the sizes from tests/demo/run.

set -u

ssictl=$SSI_BUILD/ssictl
ips=("$LAB_IP_0" "$LAB_IP_1")
port=7000
console=$LAB_OUT/console.log

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

# module_of NODE: built for the kernel that runs there
module_of() {
	local kernel=LAB_KERNEL_$1
	echo "$SSI_BUILD/kmod-${!kernel}/ssi_mem.ko"
}

join_cluster() {
	local k
	head -c 32 /dev/urandom | base64 >"$LAB_OUT/secret"
	chmod 600 "$LAB_OUT/secret"
	for k in 0 1; do
		on "$k" insmod "$(module_of "$k")" || fail "node $k: insmod"
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
