#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The routes over HTTP, as a process: answers, refusals, limits, events, numbers.

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
url=http://127.0.0.1:$(free_port)

# ---- the command line ----

refused() {
	local text
	text=$("$program" "$@" 2>&1)
	[ $? = 2 ] && [ -n "$text" ]
	check "refused: $*" $?
}

refused
refused --store sqlite:x
refused --store sqlite:x --open --listen 192.0.2.1:1
refused --store sqlite:x --tokens x --listen 192.0.2.1:1
refused --store sqlite:x --tokens x --listen 0.0.0.0:1
refused --store sqlite:x --open --tokens x
refused --store sqlite:x --tokens x --client-ca x
refused --store sqlite:x --tokens x --tls-cert x
refused --store sqlite:x --open --bogus
refused --store sqlite:x --open --create 'a b'

# ---- answers ----

start "$url" --store "sqlite:$dir/db" --open --create lab
same "a cluster is created" lab "$(ask GET /cluster | jq -r .cluster.name)"
asks 201 POST /nodes '{"name":"one","share":1073741824}'
asks 200 POST /nodes '{"name":"one","share":1073741824}'
asks 200 POST /nodes/0/endpoint "{\"incarnation\":\"$life\",\"address\":\"192.0.2.1:7000\"}"
same "a lease has members" 192.0.2.1:7000 "$(answer '.members[0].address')"
asks 200 POST /nodes/0/lease "{\"incarnation\":\"$life\",\"stats\":{\"faults_read\":7,\"used_bytes\":9}}"
asks 201 POST /regions '{"name":"guest","size":1048576}'
asks 200 GET /nodes/0
same "a node shows what it told" 7 "$(answer .stats.faults_read)"
asks 404 GET /nodes/1
like "a refusal has a remedy" '?*' "$(answer .remedy)"
asks 405 PUT /nodes
same "a form of another site is refused" 415 "$(curl -s -o /dev/null -w '%{http_code}' \
	-d '{}' "$url/nodes")"
asks 400 POST /nodes "$(printf '[%.0s' {1..40})"
asks 409 DELETE /nodes/0
asks 200 POST /nodes/0/drain
asks 200 DELETE '/nodes/0?force=true'
asks 409 POST /nodes '{"name":"newer","share":4096,"version":"99.0"}'
like "a newer agent is refused" '*release 99.0, this coordinator *' "$(answer .detail)"
asks 421 GET /cluster '' -H 'Host: evil.example'

# ---- a page's owner, by way of its node's heartbeat ----

member 0 one
asks 201 POST /regions '{"name":"paged","size":1048576}'
region=$(answer .region.id)
ask GET "/pages/$region/0x2000" >"$dir/page" &
asker=$!
question() {
	beat 0 | jq '.questions[0].id // empty' >"$dir/question"
	[ -s "$dir/question" ]
}
until_true 10 question
same "a question asks for its address" 8192 "$(beat 0 | jq '.questions[0].address')"
ask POST /nodes/0/lease "{\"incarnation\":\"$life\",\"answers\":[{\"id\":$(cat "$dir/question"),
	\"home\":0,\"owner\":0,\"sharers\":[],\"state\":\"owned\"}]}" >/dev/null
wait "$asker"
same "who asks for a page learns its owner" '0 owned' \
	"$(jq -r '"\(.owner) \(.state)"' "$dir/page")"

# ---- limits ----

head -c 70000 /dev/zero | tr '\0' ' ' >"$dir/large"
same "a long body is refused" 413 "$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 \
	-H 'Content-Type: application/json' --data-binary @"$dir/large" "$url/nodes")"
! curl -s -o /dev/null --max-time 10 -H 'Content-Type: application/json' \
	-H 'Transfer-Encoding: chunked' --data-binary @"$dir/large" "$url/nodes"
check "one that does not say its length is cut off" $?
long=$(head -c 20000 /dev/zero | tr '\0' a)
like "long headers are refused" '4[13][1347]' "$(curl -s -o /dev/null -w '%{http_code}' \
	--max-time 10 -H "X-Long: $long" "$url/health")"

# ---- events ----

curl -sSN --max-time 60 "$url/watch?revision=1" >"$dir/events" &
watcher=$!
pids+=("$watcher")
until_true 10 grep -q '^id: 2$' "$dir/events"
check "events after a revision come at once" $?
asks 201 POST /nodes '{"name":"three","share":4096}'
revision=$(answer .revision)
until_true 10 grep -q "^id: $revision\$" "$dir/events"
check "and those that follow" $?
same "each one comes once, in order" "$(seq 2 "$revision")" \
	"$(sed -n 's/^id: //p' "$dir/events")"
kill "$watcher"
like "an event's data is its record" '*"type":"node-registered"*' \
	"$(sed -n 's/^data: //p' "$dir/events" | tail -n 1)"
asks 410 GET /watch?revision=1000

# ---- numbers, and pages ----

ask GET /metrics >"$dir/metrics"
promtool check metrics <"$dir/metrics"
check "promtool finds nothing wrong with the numbers" $?
grep -q '^ssi_cluster_revision [1-9]' "$dir/metrics"
check "the revision is one of them" $?
for page in /docs /docs.js /docs.css /openapi.json; do
	asks 200 GET $page
	like "$page allows nothing from elsewhere" "*default-src 'none'*" \
		"$(curl -sSD - -o /dev/null "$url$page" | grep -i '^content-security-policy')"
done
! grep -ohE '(https?:)?//[a-z]' coordinator/web/docs.html coordinator/web/docs.css |
	grep -q .
check "the page names no other host" $?

# ---- one at a time, and the end ----

curl -sSN --max-time 60 "$url/watch" >/dev/null 2>&1 &
pids+=($!)
stop TERM
same "it ends when it is told to, streams or not" 0 $?
start "$url" --store "sqlite:$dir/db" --open
same "and begins where it ended" "$revision" "$(ask GET /cluster | jq .revision)"
stop TERM
grep -q 'AddressSanitizer\|runtime error' "$dir/log" && failed=1
finish
