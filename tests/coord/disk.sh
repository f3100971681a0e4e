#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The disk of the store is full: changes are refused with its words, all else
# goes on, and when there is room changes go on as well. Nothing that was
# answered is lost.

# until_true calls functions by their names.
# shellcheck disable=SC2317

# A mount of its own, which ends with it.
[ "${1-}" = inside ] ||
	exec unshare --user --map-root-user --mount --pid --fork --mount-proc --kill-child \
		bash "$0" inside

. tests/coord/lib.sh
url=http://127.0.0.1:$(free_port)
disk=$dir/disk
mkdir "$disk" && mount -t tmpfs -o size=1m tmpfs "$disk" || exit 1
trap 'umount --lazy "$disk"; end_all' EXIT
store=(--store "sqlite:$disk/db" --open --rate 100000)

fill() {
	! dd if=/dev/zero of="$disk/ballast" bs=4096 2>/dev/null
}

make_region() {
	ask POST /regions "{\"name\":\"r$RANDOM\",\"size\":4096}" >"$dir/answer"
}

# The file itself has some room left.
is_refused() {
	make_region
	[ "$(status)" = 503 ]
}

is_ready() {
	ask GET /readyz | jq .leads | grep -x true && [ "$(status)" = 200 ]
}

is_made() {
	make_region
	[ "$(status)" = 201 ]
}

start "$url" "${store[@]}" --create lab
member 0 one
curl -sSN --max-time 300 "$url/watch?revision=1" >"$dir/events" 2>/dev/null &
pids+=($!)
tests/coord/load.py run "$dir/told" 2 0.05 "$url" >"$dir/figures" &
load=$!
pids+=("$load")
for round in 1 2 3; do
	fill
	check "round $round: the disk is full" $?
	until_true 60 is_refused
	check "changes are refused" $?
	same "because of the store" /docs#problem-store "$(answer .type)"
	like "which says why" '*disk is full*' "$(answer .detail)"
	asks 503 GET /readyz
	sleep 1
	asks 503 GET /readyz
	asks 200 GET /cluster
	asks 200 POST /nodes/0/lease "{\"incarnation\":\"$life\"}"
	sleep 1
	rm "$disk/ballast"
	until_true 20 is_ready
	check "there is room again: it is ready" $?
	until_true 20 is_made
	check "and changes go on" $?
done
kill -TERM "$load"
wait "$load"
cat "$dir/figures"

# Stopped in the middle of it, it starts when there is room, and has all.
fill
until_true 60 is_refused
stop KILL
"$program" --listen "${url#*://}" "${store[@]}" 2>>"$dir/log" &
pid=$!
pids+=("$pid")
sleep 2
if kill -0 "$pid" 2>/dev/null; then
	echo "# killed on a full disk, it starts there"
	stop TERM
else
	wait "$pid"
	same "killed on a full disk, it does not start there, and says so" 1 $?
	tail -n 1 "$dir/log" | sed 's/^/# /'
fi
rm "$disk/ballast"
start "$url" "${store[@]}"
tests/coord/load.py check "$dir/told" "$url"
check "killed on a full disk: with room it starts, and nothing that was answered is lost" $?
until_true 20 is_made
check "changes go on" $?
same "the file is whole" ok "$(sqlite3 "$disk/db" 'PRAGMA integrity_check')"
[ $failed = 0 ] || sed 's/^/# /' "$dir/log" | tail -n 40
finish
