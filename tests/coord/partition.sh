#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Nodes that the network cuts off from the coordinator, in network namespaces:
# a short cut changes nothing, nor does one that most of the members are behind;
# few of them are declared dead, and come back in another life alone.

# until_true calls functions by their names.
# shellcheck disable=SC2317

# Network and processes of its own, which end with it.
[ "${1-}" = inside ] ||
	exec unshare --user --map-root-user --net --pid --fork --mount-proc --kill-child \
		bash "$0" inside

. tests/coord/lib.sh
. tests/coord/certs.sh
here=$PWD
lease=5
url=https://192.0.2.1:7643

# The far side of the cable is another process's namespace.
unshare --net sleep infinity &
far=$!
pids+=("$far")
is_apart() {
	[ "$(readlink "/proc/$far/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}
until_true 5 is_apart
ip link set lo up
ip link add cable type veth peer name cable netns "$far"
ip addr add 192.0.2.1/24 dev cable
ip link set cable up
nsenter -t "$far" -n ip addr add 192.0.2.2/24 dev cable
nsenter -t "$far" -n ip link set cable up

cd "$dir" || exit
authority ca
certificate server ca /CN=server 2 192.0.2.1
token=$(openssl rand -hex 32)
(umask 077 && echo "$token" >token && echo "admin test $(digest "$token")" >tokens &&
	echo "Authorization: Bearer $token" >header)
with=(--cacert ca.pem -H @header)
start "$url" --store sqlite:db --create lab --tls-cert server.pem --tls-key server.key \
	--tokens tokens
for ((i = 0; i < 5; i++)); do
	member "$i" "node$i"
done

# keep near|far IDS [LIFE]: heartbeats of these; $kept is the process
keep() {
	local where=()
	[ "$1" = near ] || where=(nsenter -t "$far" -n)
	"${where[@]}" "$here/tests/coord/beats.py" --tls ca.pem token "${3-$life}" "$2" "$url" \
		>"beats.$1" 2>&1 &
	kept=$!
	pids+=("$kept")
}

up() {
	ask GET /nodes | jq '[.nodes[] | select(.state == "up")] | length'
}

# all_heard IDS: their leases are whole but for one second
all_heard() {
	ask GET /nodes | jq "[.nodes[] | select(.id | IN($1)) |
		.lease_left_ms > $(((lease - 1) * 1000))] | all" | grep -x true
}

is_dead() {
	ask GET "/nodes/$1" | jq '.node.state == "dead"' | grep -x true
}

# both_dead: the nodes that are cut off later
both_dead() {
	is_dead 3 && is_dead 4
}

refused() {
	grep -q ": 410" beats.far
}

keep near 0,1
keep far 2,3,4
most=$kept
until_true 10 all_heard 2,3,4
check "nodes behind the cable are heard" $?

ip link set cable down
sleep $((lease * 3))
same "most are cut off for three leases: nobody is dead" 5 "$(up)"
ip link set cable up
until_true 20 all_heard 2,3,4
check "and they are heard again" $?

kill "$most"
wait "$most" 2>/dev/null
keep near 2
keep far 3,4
few=$kept
until_true 20 all_heard 2,3,4
ip link set cable down
sleep $lease
ip link set cable up
until_true 20 all_heard 2,3,4
check "few are cut off for one lease: they are heard again" $?
same "and nobody is dead" 5 "$(up)"

ip link set cable down
from=$EPOCHREALTIME
until_true 30 both_dead
check "few are cut off for longer: they are dead" $?
echo "# after $(((${EPOCHREALTIME/./} - ${from/./}) / 1000)) ms, with a lease of $((lease * 1000)) ms"
same "and nobody else" 3 "$(up)"
ip link set cable up
until_true 20 refused
check "the cable is back: they are told so" $?
same "and are no members" 3 "$(up)"
kill "$few"
life=fedcba9876543210fedcba9876543210
member 3 node3
member 4 node4
keep far 3,4 $life
until_true 20 all_heard 3,4
check "in another life they are" $?
same "with all of them" 5 "$(up)"
stop TERM
same "it ends in order" 0 $?
[ $failed = 0 ] || sed 's/^/# /' log beats.near beats.far | tail -n 60
finish
