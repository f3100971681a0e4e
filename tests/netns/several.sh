#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: several of these scripts, one after the other, each on the
# first so many nodes, with the seconds that it may take, on a slow kernel
# $PATIENCE times as many.
# usage: several.sh 'SECONDS NODES NAME ARGS...'...

for line; do
	read -r seconds nodes name args <<<"$line"
	seconds=$((seconds * ${PATIENCE:-1}))
	echo "-- $nodes nodes: $name $args"
	# What another script's writers counted is not for sums_up() of this one.
	rm -f /run/wrote.*
	SECONDS=0
	# shellcheck disable=SC2086 # the arguments are words
	LAB_NODES=$nodes timeout -k 10 "$seconds" \
		bash "$(dirname "$0")/$name.sh" $args || {
		status=$?
		[ $status != 124 ] || echo "FAILED: not done within $seconds s"
		exit $status
	}
	echo "-- $name: $SECONDS s"
done
