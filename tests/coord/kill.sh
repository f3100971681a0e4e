#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Coordinators killed at random moments, in the middle of writes: what was
# answered is there, in order, and nothing is there half.
# usage: kill.sh sqlite|etcd ROUNDS

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
. tests/coord/etcd.sh
url=http://127.0.0.1:$(free_port)
case $1 in
sqlite) store=(--store "sqlite:$dir/db") ;;
etcd)
	start_etcd
	store=(--store "etcd:$etcd_url")
	;;
esac

# The lead of one that was killed ends with its lease in etcd.
start_leader() {
	start "$url" "${store[@]}" --open --rate 100000 "$@"
	until_true 30 leads "$url" || echo "# it does not lead"
}

# There are 256 regions at most.
delete_regions() {
	local id
	for id in $(ask GET /regions | jq '.regions[].id'); do
		echo "url=$url/regions/$id"
		echo "output=/dev/null"
	done >"$dir/deletions"
	[ ! -s "$dir/deletions" ] ||
		curl -sS -X DELETE --max-time 60 -K "$dir/deletions" || failed=1
}

start_leader --create lab
member 0 one
for ((round = 1; round <= $2; round++)); do
	tests/coord/load.py kill "$dir/told" 4 "$pid" "$url"
	wait "$pid" 2>/dev/null
	start_leader
	tests/coord/load.py check "$dir/told" "$url" >"$dir/found"
	check "kill $round: nothing that was answered is lost" $?
	tee -a "$dir/all" <"$dir/found"
	delete_regions
done
awk '{ answers += $2; open += $5; lost += $7; undone += $9; kept += $11 }
	END { printf "# %d kills in all: %d changes answered, %d not; %d lost, " \
		"%d undone, %d kept that nobody was told of\n",
		NR, answers, open, lost, undone, kept }' "$dir/all"
revision=$(ask GET /cluster | jq .revision)
asks 201 POST /regions '{"name":"last","size":4096}'
same "revisions go on" "$((revision + 1))" "$(ask GET /cluster | jq .revision)"
[ "$1" = etcd ] || same "the file is whole" ok "$(sqlite3 "$dir/db" 'PRAGMA integrity_check')"
[ "$1" = etcd ] || same "no revision is left out" 0 "$(sqlite3 "$dir/db" \
	'SELECT count(*) FROM record WHERE revision != 1 AND revision - 1 NOT IN
	 (SELECT revision FROM record UNION SELECT revision FROM snapshot)')"
finish
