#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Clocks that jump, and a process that stands still: nobody is declared dead of
# it, and nothing that was kept is lost. The wall clock is a library's in front of
# the coordinator's, the clock of the leases a time namespace's.

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
url=http://127.0.0.1:$(free_port)
lease=3
library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1)

# set_clock DAYS: how far the wall clock is off
set_clock() {
	echo "$1d" >"$dir/clock.new"
	mv "$dir/clock.new" "$dir/clock"
}

# start_at MONOTONIC: seconds that the clock of the leases is off; $pid is the coordinator
start_at() {
	unshare --user --map-root-user --time --monotonic "$1" --fork --kill-child \
		env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$dir/clock" \
		FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
		"$program" --listen "${url#*://}" --store "sqlite:$dir/db" --open 2>>"$dir/log" &
	outer=$!
	pids+=("$outer")
	until_true 20 leads "$url"
	pid=$(pgrep -P "$outer")
}

restart_at() {
	kill -TERM "$pid"
	wait "$outer" 2>/dev/null
	start_at "$1"
}

# change NAME: prints the year in which the coordinator says that it was made
change() {
	local revision
	revision=$(ask POST /regions "{\"name\":\"$1\",\"size\":4096}" | jq .revision)
	curl -sSN --max-time 1 "$url/watch?revision=$((revision - 1))" 2>/dev/null |
		sed -n 's/^data: //p' | head -n 1 | jq -r '.time / 1000 | floor | todate[0:4]'
}

members() {
	ask GET /nodes | jq '[.nodes[] | select(.state == "up")] | length'
}

# Longer than a silent member has.
go_on() {
	sleep $((lease * 3))
	same "$1: nobody is dead" 3 "$(members)"
	same "$1: heartbeats are taken" true "$(ask GET /nodes |
		jq "[.nodes[] | .lease_left_ms > 0] | all")"
}

set_clock +0
start_at 0
ask POST /cluster "{\"name\":\"lab\",\"lease_ms\":$((lease * 1000))}" >"$dir/answer"
for i in 0 1 2; do
	member "$i" "node$i"
done
tests/coord/beats.py $life 0,1,2 "$url" >"$dir/beats" 2>&1 &
pids+=($!)
year=$(date -u +%Y)
same "the time of a change" "$year" "$(change now)"

set_clock +3653
same "ten years later" $((year + 10)) "$(change later)"
go_on "ten years later"
set_clock -3653
same "ten years before" $((year - 10)) "$(change before)"
go_on "ten years before"

restart_at 10000000
go_on "started anew, by a clock of leases that is months ahead"
restart_at 0
go_on "started anew, by one that is behind, as after a reboot"
same "changes go on" $((year - 10)) "$(change again)"
same "all regions are there" 4 "$(ask GET /regions | jq '.regions | length')"

kill -STOP "$pid"
sleep $((lease * 3))
kill -CONT "$pid"
until_true 10 leads "$url"
grep -q 'stood still; all leases begin anew' "$dir/log"
check "stopped for three leases: it knows" $?
go_on "stopped for three leases"
kill -TERM "$pid"
wait "$outer"
same "it ends in order" 0 $?
[ $failed = 0 ] || sed 's/^/# /' "$dir/log" "$dir/beats" | tail -n 60
finish
