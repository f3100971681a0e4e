#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Coordinators killed in the middle of writes: what was answered is there, in
# order, and nothing is there half. usage: kill.sh sqlite|etcd

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
. tests/coord/etcd.sh
rounds=4
# Each waits for the lease of the one that was killed.
[ "$1" != etcd ] || rounds=2
url=http://127.0.0.1:$(free_port)
case $1 in
sqlite) store=(--store "sqlite:$dir/db") ;;
etcd)
	start_etcd
	store=(--store "etcd:$etcd_url")
	;;
esac

# Changes as fast as they go, by several at once. Each writes down what was
# answered, and ends when nobody answers.
write() {
	local i answer
	for ((i = 0; i < 60; i++)); do
		answer=$(curl -sS --max-time 10 -H 'Content-Type: application/json' \
			-d "{\"name\":\"w$1-$i\",\"size\":4096}" "$url/regions" 2>/dev/null) || return
		jq -r '"\(.revision) \(.region.id) \(.region.name)"' <<<"$answer" >>"$dir/answered.$1"
	done
}

# The lead of one that was killed ends with its lease in etcd.
start_leader() {
	start "$url" "${store[@]}" --open --rate 100000 "$@"
	until_true 30 leads "$url" || echo "# it does not lead"
}

enough_answers() {
	[ "$(cat "$dir"/answered.* | wc -l)" -ge 12 ]
}

start_leader --create lab
member 0 one
for ((round = 0; round < rounds; round++)); do
	rm -f "$dir"/answered.*
	writers=()
	for i in 1 2 3; do
		write "$round-$i" &
		writers+=($!)
	done
	until_true 30 enough_answers
	stop KILL
	wait "${writers[@]}"
	start_leader
	ask GET /cluster >"$dir/after"
	missing=0
	while read -r _ id name; do
		jq -e --arg name "$name" --argjson id "$id" \
			'.regions[] | select(.name == $name and .id == $id)' \
			"$dir/after" >/dev/null || missing=$((missing + 1))
	done < <(cat "$dir"/answered.*)
	same "killed after $(cat "$dir"/answered.* | wc -l) answers: none of them is missing" \
		0 "$missing"
	# A killed one may have kept one more for which nobody got an answer.
	revision=$(jq .revision "$dir/after")
	answered=$(sort -n "$dir"/answered.* | tail -n 1 | cut -d ' ' -f 1)
	[ "$revision" -ge "$answered" ] && [ "$revision" -le $((answered + 3)) ]
	check "revision $revision after $answered" $?
	# There are 256 regions at most.
	for id in $(jq '.regions[].id' "$dir/after"); do
		echo "url=$url/regions/$id"
		echo "output=/dev/null"
	done | curl -sS -X DELETE --max-time 60 -K - || failed=1
done
revision=$(ask GET /cluster | jq .revision)
asks 201 POST /regions '{"name":"last","size":4096}'
same "revisions go on" "$((revision + 1))" "$(ask GET /cluster | jq .revision)"
[ "$1" = etcd ] || same "the file is whole" ok "$(sqlite3 "$dir/db" 'PRAGMA integrity_check')"
[ "$1" = etcd ] || same "no revision is left out" 0 "$(sqlite3 "$dir/db" \
	'SELECT count(*) FROM record WHERE revision != 1 AND revision - 1 NOT IN
	 (SELECT revision FROM record UNION SELECT revision FROM snapshot)')"
finish
