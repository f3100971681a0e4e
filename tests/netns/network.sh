#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: coherence.sh on a network that is not what it should be.
# usage: network.sh ipv6|mtu|lossy CHANGES KILLS [JOIN-OPTION...]
# ipv6: there is no IPv4; mtu: packets of 1280 bytes; lossy: one packet of a
# hundred is lost, another one comes twice, and a quarter come out of order.

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

mode=$1
shift
for k in $(nodes); do
	case $mode in
	ipv6)
		on "$k" ip -4 address flush dev eth0 || die "node $k: no IPv4"
		export IPV6=1
		;;
	mtu)
		on "$k" ip link set eth0 mtu 1280 || die "node $k: MTU"
		;;
	lossy)
		on "$k" tc qdisc replace dev eth0 root netem delay 2ms 1ms \
			loss 1% duplicate 1% reorder 25% 50% ||
			die "node $k: tc"
		;;
	*) die "unknown network '$mode'" ;;
	esac
done
bash "$(dirname "$0")/coherence.sh" "$@" || exit
if [ "$mode" = lossy ]; then
	for k in $(nodes); do
		say "node $k: $(on "$k" tc -s qdisc show dev eth0 |
			grep -o 'dropped [0-9]*')"
	done
fi
