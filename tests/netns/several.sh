#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: several of these scripts, one after the other, each with the
# seconds that it may take, on a slow kernel $PATIENCE times as many.
# usage: several.sh 'SECONDS NAME ARGS...'...

for line; do
	read -ra words <<<"$line"
	seconds=$((words[0] * ${PATIENCE:-1}))
	echo "-- ${words[*]:1}"
	# What another script's writers counted is not for sums_up() of this one.
	rm -f /run/wrote.*
	SECONDS=0
	timeout -k 10 "$seconds" \
		bash "$(dirname "$0")/${words[1]}.sh" "${words[@]:2}" || {
		status=$?
		[ $status != 124 ] || echo "FAILED: not done within $seconds s"
		exit $status
	}
	echo "-- ${words[1]}: $SECONDS s"
done
