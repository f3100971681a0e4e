#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Bytes that are no good requests, to a coordinator that was built with
# sanitizers: it goes on, and what is kept can be read. usage: rubbish.sh REQUESTS

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
make -s -f tests/unit/coord.mk build/unit/ssi-coordinator || exit 1
program=build/unit/ssi-coordinator
url=http://127.0.0.1:$(free_port)
begin() {
	start "$url" --store "sqlite:$dir/db" --open --rate 1000000 "$@"
	until_true 20 leads "$url"
}

cluster() {
	ask GET /cluster | jq -S 'del(.leader)'
}

begin --create lab
member 0 one
member 1 two
asks 201 POST /regions '{"name":"first","size":4096}'
before=$(ask GET /cluster | jq .revision)
tests/coord/rubbish.py "${url##*:}" "$1"
check "all of it is answered with HTTP, or not at all" $?
asks 200 GET /health
after=$(cluster)
echo "# $(($(jq .revision <<<"$after") - before)) changes came of it;" \
	"$(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$pid/status") MiB with sanitizers"
stop TERM
same "it ends in order" 0 $?
same "no sanitizer said anything" "" "$(grep -aE 'ERROR: |runtime error' "$dir/log")"
begin
same "what was kept makes the same cluster" "$after" "$(cluster)"
[ $failed = 0 ] || grep -avE '^<6>|http: ' "$dir/log" | sed 's/^/# /' | tail -n 60
finish
