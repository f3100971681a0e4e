# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts that run in the lab on node 0: a cluster of the lab's machines with
# a coordinator, and a guest, as an administrator would type it. Environment:
# SSI_BUILD, GUEST_KERNEL, LEASE_MS, and the sizes from tests/demo/run: node 0 gives
# SHARE_0, each other one SHARE_1.

set -u

credentials=$LAB_OUT/credentials
# shellcheck source=tests/netns/coordinator.sh
. "$(dirname "${BASH_SOURCE[0]}")/../netns/coordinator.sh"

ssictl=$SSI_BUILD/ssictl
port=7000
console=$LAB_OUT/console.log
control=/run/guest-control
guest_program=workload

# What a guest that does not go on waits for: threads of its monitor and of the
# kernel, and what the module and the monitor say themselves.
show_waits() {
	local task file
	for task in "/proc/$(pgrep -nx ssi-vmm)"/task/*; do
		echo "== $(cat "$task/comm" "$task/stat")"
		cat "$task/stack"
	done
	for task in /proc/[0-9]*; do
		grep -q ssi_mem "$task/stack" || continue
		echo "== $(cat "$task/comm")"
		cat "$task/stack"
	done
	for file in /sys/kernel/debug/ssi_mem/*/{state,requests,regions,homes}; do
		echo "== $file"
		cat "$file"
	done
	"$ssictl" status
	timeout 5 tests/vmm/ask "$control" status
}

fail() {
	echo "demo: FAILED: $*" >&2
	show_waits >"$LAB_OUT/waits.log" 2>&1
	tail -n 15 "$console" 2>/dev/null | sed 's/^/  guest: /' >&2
	tail -n 5 "$LAB_OUT/vmm.log" 2>/dev/null | sed 's/^/  /' >&2
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

address_of() {
	local name=LAB_IP_$1
	echo "${!name}:$port"
}

# Node K wants the id K + 1.
join_node() {
	local k=$1 share=SHARE_$(($1 > 0))
	on "$k" "$ssictl" join "${by_coordinator[@]}" --name "node$((k + 1))" \
		--id $((k + 1)) --listen "$(address_of "$k")" \
		--secret "$LAB_OUT/secret" --share "${!share}" \
		>/dev/null || fail "node $k: ssictl join"
}

# have_links NODE...: each to each other
have_links() {
	local k
	for k; do
		[ "$(field "$k" 'peers | map(select(.control_link == "up" and
			.data_link == "up")) | length')" = $(($# - 1)) ] || return
	done
}

await_links() {
	eventually 60 "all links are up" have_links "$@"
}

# The host reaches the page by an address of its own.
begin_cluster() {
	local host=${LAB_PUBLISHED%:*}
	make_credentials "$LAB_IP_0" "$host" || fail "credentials"
	start_coordinator "$LAB_IP_0" /run/cluster.db
	set_coordinator_options
	eventually 60 "the coordinator answers" coordinator_answers
	ask_coordinator POST /cluster "{\"name\":\"demo\",\"lease_ms\":$LEASE_MS}" |
		grep -q '"revision":' || fail "POST /cluster"
	say "ssi-coordinator on node 0, with TLS"
	echo "https://$LAB_PUBLISHED/" >"$LAB_OUT/page"
}

end_coordinator() {
	kill "$(pgrep -x ssi-coordinator)"
	wait "$coordinator_job" || fail "ssi-coordinator: exit status $?"
	rm -r "$credentials" "$credentials.log" "$LAB_OUT/page"
}

# knows_none NODE...: the coordinator, of these
knows_none() {
	local k
	for k; do
		[ "$(ask_coordinator GET /nodes |
			jq "all(.nodes[]; .id != $((k + 1)))")" = true ] || return
	done
}

make_secret() {
	head -c 32 /dev/urandom | base64 >"$LAB_OUT/secret"
	chmod 600 "$LAB_OUT/secret"
}

load_modules() {
	local k
	for ((k = 0; k < LAB_NODES; k++)); do
		on "$k" insmod "$(module_of "$k")" || fail "node $k: insmod"
	done
	say "insmod ssi_mem.ko on all nodes"
}

create_region() {
	"$ssictl" region create guest --size "$GUEST_RAM" >/dev/null ||
		fail "ssictl region create"
	say "ssictl region create guest --size $GUEST_RAM (shares $SHARE_0 and $SHARE_1)"
}

join_cluster() {
	local k
	make_secret
	begin_cluster
	load_modules
	for ((k = 0; k < LAB_NODES; k++)); do
		join_node "$k"
	done
	# shellcheck disable=SC2046 # a word each
	await_links $(seq 0 $((LAB_NODES - 1)))
	rm "$LAB_OUT/secret"
	say "ssictl join on all nodes, links are $(field 0 'peers[0].transport')"
	create_region
}

# leave_cluster NODE...: of those that live
leave_cluster() {
	"$ssictl" region delete guest >/dev/null || fail "ssictl region delete"
	leave_nodes "$@"
}

# leave_nodes NODE...: there is no region any more
leave_nodes() {
	local k
	for k; do
		on "$k" "$ssictl" leave >/dev/null || fail "node $k: ssictl leave"
	done
	for k; do
		on "$k" rmmod ssi_mem || fail "node $k: rmmod"
	done
	eventually 30 "the coordinator knows that they left" knows_none "$@"
	end_coordinator
	say "regions deleted, all nodes left, modules unloaded"
}

# ---- the guest ----

start_guest() {
	rm -f /run/guest-input
	mkfifo /run/guest-input
	# The guest's init waits for a line on its console at the end.
	exec 3<>/run/guest-input
	timeout -s KILL "$GUEST_SECONDS" "$SSI_BUILD/ssi-vmm" \
		--kernel "$GUEST_KERNEL" --initrd "$SSI_BUILD/demo/$guest_program-initrd" \
		--append "console=ttyS0 loglevel=4 panic=-1 mitigations=off $GUEST_APPEND" \
		--control "$control" \
		--region guest --cpus 2 </run/guest-input >"$console" \
		2>"$LAB_OUT/vmm.log" &
	guest=$!
	say "ssi-vmm boots $(basename "$GUEST_KERNEL"): $GUEST_RAM of RAM, 2 vCPUs"
}

# ask REQUEST FILTER: what the monitor replies, through jq
ask() {
	tests/vmm/ask "$control" "$1" | jq -r "$2"
}

# eventually SECONDS WHAT COMMAND...: until the command succeeds
eventually() {
	local deadline=$((SECONDS + $1)) what=$2
	shift 2
	until "$@"; do
		((SECONDS < deadline)) || fail "not within the time: $what"
		read -rt 0.5 <> <(:) || :
	done
}

# or_ended COMMAND...: the guest must still be there if it does not succeed
or_ended() {
	"$@" && return
	kill -0 "$guest" 2>/dev/null || fail "ssi-vmm ended early"
	return 1
}

# await SECONDS WHAT COMMAND...: the same, while the guest runs
await() {
	eventually "$1" "$2" or_ended "${@:3}"
}

is_stalled() {
	[ "$(ask status .stalled)" != 0 ]
}

is_not_stalled() {
	[ "$(ask status .stalled)" = 0 ]
}

# Nothing keeps the region's file open once the process is gone.
is_detached() {
	[ "$("$ssictl" region list -j | jq '.regions[] |
		select(.region == "guest") | .attached')" = 0 ]
}

await_detached() {
	eventually 30 "the region is not attached" is_detached
}

# What no healthy kernel says must not be in the guest's console either.
check_console() {
	if ! tests/lab/kernel-log "$console" >/run/trouble; then
		cat /run/trouble >&2
		fail "the guest's kernel complained"
	fi
	# Of a pause shorter than a stall it may say that it skips a check: both
	# clocks have read the same.
	grep -aE 'clocksource.*(unstable|skew|[Ww]atchdog)' "$console" |
		grep -v 'skipping watchdog check' >&2 &&
		fail "the guest's clocks disagree"
	return 0
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

# stop_guest LINE: what the guest's init waits for
stop_guest() {
	local status=0
	echo "$1" >&3
	wait "$guest" || status=$?
	[ $status = 0 ] || fail "ssi-vmm: exit status $status"
	say "the guest powered off"
}
