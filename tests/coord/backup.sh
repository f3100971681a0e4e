#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# A cluster is kept in a file while it is in use, and restored into other stores:
# what was answered before is there, and revisions go on. usage: backup.sh [etcd]

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
. tests/coord/etcd.sh
url=http://127.0.0.1:$(free_port)
store=sqlite:$dir/db
copy=sqlite:$dir/copy
[ $# = 0 ] || {
	start_etcd
	store=etcd:$etcd_url
}
serve() {
	start "$url" --open --rate 100000 "$@"
	until_true 30 leads "$url"
}

# What the backups say, and how long they take.
coordinator() {
	local from=$EPOCHREALTIME rc
	"$program" "$@" >"$dir/said" 2>&1
	rc=$?
	took=$(((${EPOCHREALTIME/./} - ${from/./}) / 1000))
	return $rc
}

cluster() {
	ask GET /cluster | jq -S 'del(.revision, .leader, .leads)'
}

# refused WHAT PATTERN OPTION...
refused() {
	coordinator "${@:3}"
	same "$1 is refused" 1 $?
	like "which is told" "$2" "$(cat "$dir/said")"
}

serve --store "$store" --create lab
for ((i = 0; i < 50; i++)); do
	member "$i" "node$i"
done
for ((i = 0; i < 50; i++)); do
	ask POST /regions "{\"name\":\"r$i\",\"size\":1048576}" >"$dir/answer"
done
same "there is something to keep" 50 "$(ask GET /regions | jq '.regions | length')"
before=$(cluster)
coordinator --store "$store" --backup "$dir/quiet"
check "a backup of a coordinator that serves" $?
echo "# $(cat "$dir/said"), $(stat -c %s "$dir/quiet") bytes, $took ms"
same "nobody else can read it" 600 "$(stat -c %a "$dir/quiet")"
same "to look changed nothing" "$before" "$(cluster)"

# Under load: every change that was answered before is in it.
tests/coord/load.py run "$dir/told" 2 0 "$url" >"$dir/figures" &
load=$!
pids+=("$load")
for i in 1 2 3 4 5; do
	revision=$(ask GET /cluster | jq .revision)
	coordinator --store "$store" --backup "$dir/loud"
	check "a backup under load" $?
	[ "$(head -n 1 "$dir/loud" | jq .revision)" -ge "$revision" ]
	check "has what was answered" $?
done
kill -TERM "$load"
wait "$load"
sed 's/^# /# under load: /' "$dir/figures"
coordinator --store "$store" --backup "$dir/all"
refused "to restore below a coordinator" "*leads: end all*" --store "$store" \
	--restore "$dir/quiet" --force
tests/coord/load.py check "$dir/told" "$url" >"$dir/found"
check "and nothing was lost" $?
after=$(cluster)
stop TERM

refused "to restore over a cluster" "*would be lost*" --store "$store" --restore "$dir/quiet"
coordinator --store "$copy" --restore "$dir/all"
check "restored into a new file" $?
echo "# $(cat "$dir/said"), $took ms"
serve --store "$copy"
same "it is the same cluster" "$after" "$(cluster)"
revision=$(ask GET /cluster | jq .revision)
asks 201 POST /regions '{"name":"later","size":4096}'
same "and goes on" $((revision + 1)) "$(ask GET /cluster | jq .revision)"
stop TERM

coordinator --store "$store" --restore "$dir/quiet" --force
check "restored over a cluster, by force" $?
serve --store "$store"
same "it is the one of before" "$before" "$(cluster)"
[ "$(ask GET /cluster | jq .revision)" -gt "$(head -n 1 "$dir/all" | jq .revision)" ]
check "with a revision that nobody knows" $?
asks 201 POST /regions '{"name":"later","size":4096}'
stop TERM

sed '2s/node7/node8/' "$dir/all" >"$dir/damaged"
refused "a damaged file" "*damaged*" --store "sqlite:$dir/none" --restore "$dir/damaged"
refused "a store's own file" "*no backup*" --store "sqlite:$dir/none" --restore "$dir/copy"
refused "a store that is not there" "*unable to open*" --store "sqlite:$dir/nowhere" \
	--backup "$dir/x"
[ ! -e "$dir/nowhere" ] && [ ! -e "$dir/x" ]
check "and none is made" $?
coordinator --store "$store" --backup "$dir/x" --open
same "a backup does not serve" 2 $?
finish
