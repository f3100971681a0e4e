# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts with lib.sh: what goes wrong with networks and nodes while others
# work. What is chosen follows from the script's RANDOM.

# pick COUNT: sets $picked. Not in a subshell: that has random numbers of its own,
# which a seed does not repeat.
pick() {
	# shellcheck disable=SC2034 # read by the scripts
	picked=$((RANDOM % $1))
}

# What can be done to all that a node sends.
# shellcheck disable=SC2034 # read by the scripts
bad_networks=(late disordered lossy slow)

# bad_network K KIND
bad_network() {
	local how
	case $2 in
	late) how='delay 3ms 1ms' ;;
	disordered) how='delay 1ms reorder 50% 50%' ;;
	lossy) how='loss 2% duplicate 2%' ;;
	slow) how='rate 20mbit' ;;
	esac
	# shellcheck disable=SC2086 # netem's words
	on "$1" tc qdisc replace dev eth0 root netem $how || die "node $1: tc"
}

# good_network K: as it was
good_network() {
	on "$1" tc qdisc del dev eth0 root || die "node $1: tc"
}

# cut_link K SECONDS: nobody reaches it
cut_link() {
	on "$1" ip link set eth0 down
	read -rt "$2" <> <(:) || :
	on "$1" ip link set eth0 up
}
