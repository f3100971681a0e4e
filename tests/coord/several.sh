#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Three coordinators over one etcd of three members: one leads, the others tell
# so and follow; a silent node is declared dead once; under load the leader is
# killed, and a member of etcd, and nothing that was answered is lost.

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
. tests/coord/etcd.sh

start_three_etcd
store=etcd:$(IFS=,; echo "${etcd_urls[*]}")
urls=() processes=()
for i in 0 1 2; do
	urls+=("http://127.0.0.1:$(free_port)")
	start "${urls[i]}" --store "$store" --open --create lab
	processes+=("$pid")
done

# Which one of the URLs leads: $leader, $url
find_leader() {
	for leader in "$@"; do
		url=${urls[leader]}
		leads "$url" && return
	done
	return 1
}

# knows URL REVISION
knows() {
	[ "$(curl -sS --max-time 3 "$1/cluster" | jq .revision)" = "$2" ]
}

until_true 20 find_leader 0 1 2
check "one leads" $?
same "no other one does" 1 "$(for i in 0 1 2; do leads "${urls[i]}"; done | grep -c true)"
follower=${urls[(leader + 1) % 3]}
same "who follows says who leads" "$url/nodes" "$(curl -sS -o /dev/null -w '%{redirect_url}' \
	-H 'Content-Type: application/json' -d '{"name":"one","share":4096}' "$follower/nodes")"
curl -sSL --post301 --post302 --max-time 10 -H 'Content-Type: application/json' \
	-d '{"name":"one","share":1073741824}' "$follower/nodes" >"$dir/answer"
same "whoever goes there is served" one "$(answer .node.name)"
member 0 one
member 1 two
member 2 three
revision=$(ask GET /cluster | jq .revision)
until_true 5 knows "$follower" "$revision"
check "who follows knows soon" $?

# What nodes told is at the leader alone; the page itself is everywhere.
for path in '/stats?since=5' '/maps?region=r0' /vms /pages/1/0x2000; do
	same "who follows sends $path to who leads" "307 $url$path" "$(curl -sS --max-time 10 \
		-o /dev/null -w '%{http_code} %{redirect_url}' "$follower$path")"
done
for path in / /web/page.js /docs /openapi.json; do
	same "and serves $path" 200 "$(curl -sS --max-time 10 -o /dev/null -w '%{http_code}' \
		"$follower$path")"
done
ask POST /regions '{"name":"paged","size":1048576}' >"$dir/answer"
region=$(answer .region.id)
curl -sSL --max-time 15 "$follower/pages/$region/0x2000" >"$dir/page" &
asker=$!
question() {
	ask POST /nodes/0/lease "{\"incarnation\":\"$life\"}" |
		jq '.questions[0].id // empty' >"$dir/question"
	[ -s "$dir/question" ]
}
until_true 10 question
ask POST /nodes/0/lease "{\"incarnation\":\"$life\",\"answers\":[{\"id\":$(cat "$dir/question"),
	\"home\":0,\"owner\":0,\"sharers\":[],\"state\":\"owned\"}]}" >/dev/null
wait "$asker"
same "a question by way of who follows is answered" '0 owned' \
	"$(jq -r '"\(.owner) \(.state)"' "$dir/page")"
asks 200 DELETE "/regions/$region"
revision=$(ask GET /cluster | jq .revision)

# Heartbeats and changes go on to whoever leads; node 2 is silent from here on.
tests/coord/load.py run "$dir/told" 2 0.2 "${urls[@]}" >"$dir/figures" &
load=$!
pids+=("$load")
silent_from=$EPOCHREALTIME
tests/coord/beats.py $life 0,1 "${urls[@]}" >"$dir/beats" 2>&1 &
pids+=($!)
dead() {
	ask GET /nodes/2 | jq '.node.state == "dead"' | grep -x true
}
until_true 30 dead
check "a silent node is dead" $?
echo "# after $(((${EPOCHREALTIME/./} - ${silent_from/./}) / 1000)) ms, with a lease of 5000 ms"
same "and it is the only one" 2 "$(ask GET /nodes | jq '[.nodes[] | select(.state == "up")] | length')"

# The killing begins once there is load.
has_load() {
	[ "$(ask GET /cluster | jq .revision)" -ge $((revision + 20)) ]
}
until_true 30 has_load
killed_at=$EPOCHREALTIME
kill -KILL "${processes[leader]}"
rest=($(((leader + 1) % 3)) $(((leader + 2) % 3)))
until_true 30 find_leader "${rest[@]}"
check "the leader is killed: another one leads" $?
echo "# after $(((${EPOCHREALTIME/./} - ${killed_at/./}) / 1000)) ms"
asks 201 POST /regions '{"name":"after","size":4096}'

# Which one leads among them is left to chance.
kill -KILL "${etcd_pids[RANDOM % 3]}"
made() {
	ask POST /regions '{"name":"later","size":4096}' >"$dir/answer"
	[ "$(status)" = 201 ] || [ "$(answer .type)" = /docs#problem-exists ]
}
until_true 30 made
check "a member of etcd is killed: changes go on" $?
# As long as a silent one had until it was dead.
sleep 12
kill -TERM "$load"
wait "$load"
cat "$dir/figures"
tests/coord/load.py check "$dir/told" "$url"
check "nothing that was answered is lost" $?
same "nobody else died of all this" 2 \
	"$(ask GET /nodes | jq '[.nodes[] | select(.state == "up")] | length')"
same "and deaths were declared once" 1 "$(curl -sSN --max-time 2 "$url/watch?revision=1" \
	2>/dev/null | grep -c 'event: node-dead')"
[ $failed = 0 ] || sed 's/^/# /' "$dir/log" "$dir/beats" | tail -n 60
finish
