#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: coherence.sh on networks that are not what they should be:
# packets of 1280 bytes; one packet of a hundred lost, another one doubled, and
# a quarter out of order; no IPv4.
# usage: network.sh CHANGES KILLS [JOIN-OPTION...]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

# on_all COMMAND...
on_all() {
	local k
	for k in $(nodes); do
		on "$k" "$@" || die "node $k: $*"
	done
}

run() {
	say "network: $1"
	shift
	bash "$(dirname "$0")/coherence.sh" "$@" || exit
}

lost_packets() {
	local k
	for k in $(nodes); do
		on "$k" tc -s qdisc show dev eth0 |
			sed -n 's/.*dropped \([0-9]*\).*/\1/p'
	done | paste -sd+ | bc
}

on_all ip link set eth0 mtu 1280
run "packets of 1280 bytes" "$@"
on_all ip link set eth0 mtu 9000

on_all tc qdisc replace dev eth0 root netem delay 2ms 1ms loss 1% \
	duplicate 1% reorder 25% 50%
run "lossy" "$@"
lost=$(lost_packets)
say "$lost packets lost"
((lost > 0)) || die "nothing was lost"
on_all tc qdisc del dev eth0 root

on_all ip -4 address flush dev eth0
IPV6=1 run "IPv6 alone" "$@"
