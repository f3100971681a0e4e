#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with three nodes: they join by a coordinator, which has TLS. It
# is killed and comes back, and agents are, one of them while its programs are stopped,
# and one too late; a process that writes a region notices nothing of all this, but for
# a link that is down while there is no coordinator. Then a node leaves.
# usage: agent.sh
#
# shellcheck disable=SC2317 # functions that check, await and refuses call

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/writers.sh
. "$(dirname "$0")/writers.sh"
# shellcheck source=tests/netns/coordinator.sh
. "$(dirname "$0")/coordinator.sh"

store=/run/cluster.db
# Two of them are a death; an agent that is started anew is at work before that, also where
# the machine is busy with others.
lease_ms=$((8000 * patience))

# of NODE JQ-EXPRESSION: of the node's status
of() {
	ssictl "$1" status -j | jq -r ".nodes[0]$2"
}

# knows JQ-EXPRESSION: the coordinator, of the whole cluster
knows() {
	[ "$(ask_coordinator GET /cluster | jq "$1")" = true ]
}

has_coordinator() {
	[ "$(of "$1" .coordinator)" = answers ]
}

all_have_coordinator() {
	local k
	for k in "${joined[@]}"; do
		has_coordinator "$k" || return
	done
}

lacks_coordinator() {
	[[ $(of 0 .coordinator) == *"onnect"* ]]
}

# join_by K OPTION...: node K, whose name is nK
join_by() {
	local k=$1
	shift
	ssictl "$k" join "${by_coordinator[@]}" --name "n$k" --share 32M \
		--listen "$(addr_of "$k")" --secret /run/ssi-secret "$@" >/run/joined ||
		die "node $k: join by the coordinator"
}

members_are() {
	[ "$(of "$1" '.members | join(" ")')" = "$2" ]
}

# epoch_is_told: that of the coordinator, by all kernels
epoch_is_told() {
	local k epoch
	epoch=$(ask_coordinator GET /endpoints | jq .revision)
	for k in "${joined[@]}"; do
		[ "$(of "$k" .epoch)" = "$epoch" ] || return
	done
}

sockets() {
	local k
	for k in "${joined[@]}"; do
		of "$k" '.peers | map(.sockets) | add'
	done | paste -sd+ | bc
}

writes_go_on() {
	check_writers
	(($(stat_sum owner_changes) > changes + 100))
}

check_writing() {
	changes=$(stat_sum owner_changes)
	await "$1" writes_go_on
	echo "ok - $1"
}

# ---- joining ----

check_join() {
	local k
	for k in $(nodes); do
		join_by "$k"
		joined+=("$k")
	done
	await_links
	for k in $(nodes); do
		check "node $k has the id that the coordinator gave it" [ "$(of "$k" .id)" = "$k" ]
		await "node $k knows the members" members_are "$k" "0 1 2"
	done
	await "the kernels know the epoch" epoch_is_told
	check "the coordinator knows three nodes" \
		knows '[.nodes[] | select(.state == "up")] | length == 3'
	check "addresses are those of the links" \
		knows ".nodes[2].address == \"$(addr_of 2)\""
	refuses "the token is nobody's" ssictl 0 join --coordinator "$coordinator" --name stranger \
		--share 8M --listen "$(ip_of 0):7999" --secret /run/ssi-secret \
		--ca "$credentials/ca.pem" --token-file "$credentials/stranger.token"
	refuses "coordinator" ssictl 0 join "${by_coordinator[@]}" --ca /run/ssi-secret \
		--name stranger --share 8M --listen "$(ip_of 0):7999" --secret /run/ssi-secret
}

# ---- what is told ----

has_figures() {
	ask_coordinator GET /metrics | grep -qE '^ssi_node_owner_changes_total\{node="1".* [1-9]'
}

knows_page() {
	ask_coordinator GET "/pages/$1/0x1000" >/run/page
	[ "$(jq '.owner != null and .home != null and .state != null' /run/page)" = true ]
}

check_figures() {
	local id
	await "figures of the kernels are metrics" has_figures
	id=$(ask_coordinator POST /regions '{"name":"r0","size":4194304}' | jq .region.id)
	await "the coordinator knows who has a page" knows_page "$id"
	check "the home says who owns it: $(cat /run/page)" \
		[ "$(jq '.answered_by == .home' /run/page)" = true ]
}

# guests_are JSON: as the coordinator has them
guests_are() {
	ask_coordinator GET /vms | jq ".vms == $1" | grep -qx true
}

# A program by the name of the monitor; it has no control socket that could be asked.
check_guests() {
	local guest
	ssictl 1 region create guest --size 2M >/dev/null || die "region create guest"
	cp "$SSI_BUILD/tests/incr" /run/ssi-vmm
	(exec on 1 /run/ssi-vmm --region guest --pages 8 --ops 1000000000) >/dev/null &
	guest=$!
	await "the coordinator knows the guest" guests_are \
		'[{ name: "guest", region: "guest", vcpus: 1, state: "unknown", node: 1 }]'
	kill -TERM $guest
	wait $guest
	await "the coordinator knows that it is gone" guests_are '[]'
	ssictl 1 region delete guest >/dev/null || die "region delete guest"
	echo "ok - the coordinator knows guests and their end"
}

# ---- a coordinator that dies ----

# How many writers are stopped: those threads that wait for a page stop after that.
stopped_writers() {
	pgrep -x incr | xargs -I {} cat /proc/{}/status | grep -c '^State:.*stopped'
}

# fenced_is yes|no: all nodes, and their writers are stopped then
fenced_is() {
	local k stopped=0
	[ "$1" = no ] || stopped=${#joined[@]}
	for k in "${joined[@]}"; do
		[[ $(of "$k" '.fenced // "no"') == "$1"* ]] || return
	done
	[ "$(stopped_writers)" = "$stopped" ]
}

fence_all() {
	on 2 ip link set eth0 down || die "link down"
	await "all nodes fence themselves" fenced_is yes
}

# Without leases, a link that is down as well stops who uses regions.
check_fence() {
	fence_all
	check "status says so" grep -q "fenced: yes: programs with regions are stopped until" \
		<(ssictl 1 status)
	on 2 ip link set eth0 up || die "link up"
	await "they go on when their links are back" fenced_is no
	await_links
	check_writing "writers go on after the fence"
}

# As a service starts it: it knows no members, and lets nobody go on without a lease.
check_fenced_restart() {
	fence_all
	kill_agent 1
	join_by 1 --adopt
	on 2 ip link set eth0 up || die "link up"
	check "an agent that comes is fenced as the one before it" \
		grep -q "fenced: yes" <(ssictl 1 status)
}

check_outage() {
	local before
	kill -KILL "$(pgrep -x ssi-coordinator)"
	wait "$coordinator_job"
	await "the agents notice" lacks_coordinator
	before=$(sockets)
	check_writing "writers go on without a coordinator"
	check "no link was made anew" [ "$(sockets)" = "$before" ]
	check_fence
	kill_sockets
	await_links
	check_writing "writers go on after their links broke"
	check_fenced_restart
	start_coordinator "$(ip_of 0)" "$store"
	await "all agents are back" all_have_coordinator
	await "all go on that were stopped" fenced_is no
	await_links
	check_writing "writers go on when there is a coordinator"
	check "the nodes live as before" \
		knows "[.nodes[] | select(.state == \"up\") | .incarnation] == $lives"
}

# ---- agents that die ----

kill_agent() {
	kill -KILL "$(of "$1" .agent)"
}

is_dead() {
	knows ".nodes[2].state == \"dead\""
}

is_told_dead() {
	[[ $(of 2 .declared_dead) == yes* ]]
}

# As a service does: at once.
check_adoption() {
	kill_agent 2
	join_by 2 --adopt
	await "node 2 has its coordinator again" has_coordinator 2
	check "in time" knows ".nodes[2].state == \"up\""
	kill_agent 1
	ssictl 1 agent "${by_coordinator[@]}" --name n1 --share 32M --listen "$(addr_of 1)" \
		--secret /run/ssi-secret 2>/run/agent.log &
	await "node 1 has its coordinator again" has_coordinator 1
}

# Nobody starts it again: the node is declared dead, but its links live.
check_death() {
	kill_agent 2
	await "node 2 is declared dead" is_dead
	await "node 0 knows the members" members_are 0 "0 1"
	check_writing "writers go on beside a node without an agent"
	stop_writers
	check_sums
	kill_sockets
	await "the region goes on without node 2" region_has "[0,1]"
	joined=(0 1)
	await_links
	join_by 2 --adopt
	await "node 2 learns that it is dead" is_told_dead
	check "status says what to do" grep -q "declared dead: yes: .*join again" \
		<(ssictl 2 status)
}

region_has() {
	[ "$(ssictl 0 region show r0 -j | jq -c '.regions[0].members')" = "$1" ]
}

check_return() {
	ssictl 2 leave --force >/dev/null || die "node 2: leave --force"
	join_by 2
	joined=(0 1 2)
	await_links
	check "node 2 has its id again" [ "$(of 2 .id)" = 2 ]
	check "and lives" knows '.nodes[2].state == "up"'
	ssictl 0 region extend r0 --member 2 >/dev/null || die "region extend"
	await "the region has it again" region_has "[0,1,2]"
}

# ---- who is no member ----

is_refused() {
	[[ $(of 0 .last_refusal) == *"node 40 is no member in epoch"* ]]
}

check_stranger() {
	ssictl 2 join --id 40 --name stranger --share 8M --listen "$(ip_of 2):7040" \
		--secret /run/ssi-secret --peer "0=$(addr_of 0)" >/dev/null ||
		die "join of a stranger"
	await "who is no member gets no link" is_refused
	ssictl 2 leave --node stranger || die "leave of a stranger"
}

# ---- the end ----

is_unknown() {
	knows "all(.nodes[]; .name != \"$1\")"
}

check_leave() {
	ssictl 0 region delete r0 >/dev/null || die "region delete"
	ask_coordinator DELETE /regions/1 >/dev/null
	leave_node 2
	await "the coordinator does not know node 2" is_unknown n2
	leave_node 1
	leave_node 0
	await "the coordinator knows nobody" knows '.nodes == []'
}

load_module
make_secret
make_credentials "$(ip_of 0)" || die "credentials"
(umask 077 && echo wrong >"$credentials/stranger.token")
start_coordinator "$(ip_of 0)" "$store"
set_coordinator_options
await "the coordinator answers" coordinator_answers
ask_coordinator POST /cluster "{\"name\":\"lab\",\"lease_ms\":$lease_ms}" >/dev/null
check_join
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
lives=$(ask_coordinator GET /cluster | jq -c '[.nodes[].incarnation]')
start_writers
check_figures
check_guests
check_outage
check_adoption
check_death
check_return
check_stranger
check_leave
kill "$(pgrep -x ssi-coordinator)"
wait "$coordinator_job"
check "SIGTERM ends the coordinator with 0" [ $? = 0 ]
unload_module
exit $failed
