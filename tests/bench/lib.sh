# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For the scripts of the bench, which run in the lab on one machine. Nodes are
# network namespaces n0, n1, ... with a virtual cable between each two of them, so
# that nothing else is on the way of a message.

BENCH_NODES=8
# Names that tests/netns/lib.sh knows, before it is sourced: of nodes in one kernel.
LAB_NODES=$BENCH_NODES
LAB_NETNS=1

set_addresses() {
	local k
	for ((k = 0; k < BENCH_NODES; k++)); do
		export "LAB_IP_$k=10.78.0.$((k + 1))"
	done
}
set_addresses

# on NODE COMMAND...: as in the lab
on() {
	local node=$1
	shift
	nsenter --net="/run/netns/n$node" "$@"
}

# shellcheck source=tests/netns/lib.sh
. "$SSI_TESTS/netns/lib.sh"

# The card of a node on its cable to another.
mac_of() {
	printf '02:00:00:00:%02x:%02x' "$1" "$2"
}

# A cable between each two nodes, in words of ip.
cables() {
	local a b
	for a in $(nodes); do
		for ((b = 0; b < a; b++)); do
			echo "link add to$b mtu 9000 address $(mac_of "$a" "$b")" \
				"netns n$a type veth" \
				"peer name to$a mtu 9000 address $(mac_of "$b" "$a") netns n$b"
		done
	done
}

# others NODE: all but it
others() {
	nodes | grep -vxF "$1"
}

# Node A's ends of its cables, in words of ip. Nobody asks for addresses later.
cable_ends() {
	local b
	echo "link set lo up"
	echo "address add $(ip_of "$1")/32 dev lo"
	for b in $(others "$1"); do
		echo "link set to$b up"
		echo "route add $(ip_of "$b") dev to$b src $(ip_of "$1")"
		echo "neigh add $(ip_of "$b") dev to$b lladdr $(mac_of "$b" "$1") nud permanent"
	done
}

make_nodes() {
	local a
	for a in $(nodes); do
		ip netns add "n$a" || die "node $a"
	done
	cables | ip -batch - || die "cables"
	for a in $(nodes); do
		cable_ends "$a" | ip -netns "n$a" -batch - || die "cables of node $a"
	done
}

# delay add|del: a message takes 1 ms from each node to each other
delay() {
	local a
	for a in $(nodes); do
		others "$a" | sed "s/.*/qdisc $1 dev to& root netem delay 1ms/" |
			tc -netns "n$a" -batch - || die "delay of node $a"
	done
}
