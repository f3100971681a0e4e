#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The log as JSON: every line of a run with changes, refusals, a store that fails and
# works again, files that are read again, and the end.

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
url=http://127.0.0.1:$(free_port)
token=$(openssl rand -hex 32)
(umask 077 && echo "admin alice $(printf %s "$token" | sha256sum | cut -d ' ' -f 1)" \
	>"$dir/tokens")

text=$("$program" --store sqlite:x --open --log-format xml 2>&1)
same "another format is refused" 2 $?
like "and the good ones are named" '*--log-format*text or json*' "$text"

# as_alice METHOD PATH [BODY]: the request's id
as_alice() {
	curl -sS --max-time 15 -X "$1" -H "Authorization: Bearer $token" -D "$dir/head" \
		-H 'Content-Type: application/json' ${3:+-d "$3"} -o "$dir/answer" "$url$2"
	sed -n 's/^X-Request-Id: \([0-9a-f]*\).*/\1/p' "$dir/head"
}

# lines FILTER: how many lines of the log it selects
lines() {
	jq -s "map(select($1)) | length" "$dir/log"
}
has_line() {
	[ "$(lines "$1")" -gt 0 ]
}

start "$url" --store "sqlite:$dir/db" --tokens "$dir/tokens" --create lab --log-format json
made=$(as_alice POST /nodes '{"name":"one","share":1073741824}')
same "a change's line has the id of its request" 1 \
	"$(lines ".request_id == \"$made\" and (.message | startswith(\"revision 2: \"))")"
refused=$(curl -sSD - -o "$dir/answer" -H 'Authorization: Bearer "x' "$url/cluster" |
	sed -n 's/^X-Request-Id: \([0-9a-f]*\).*/\1/p')
same "and a refusal's as well, as its answer has it" "1 $refused" \
	"$(lines ".request_id == \"$refused\" and .level == \"notice\"") $(answer .request_id)"

# Another writer keeps the file for itself.
sqlite3 "$dir/db" >/dev/null 2>&1 <<-END &
	BEGIN IMMEDIATE;
	.shell touch $dir/held; until [ -e $dir/free ]; do sleep 0.05; done
	ROLLBACK;
END
holder=$!
until_true 10 test -e "$dir/held"
failed_id=$(as_alice POST /nodes '{"name":"two","share":1073741824}')
same "the store's failure names the request that met it" "1 store" \
	"$(lines ".request_id == \"$failed_id\" and .level == \"err\"") $(
		sed -n 's/.*#problem-\([a-z]*\)".*/\1/p' "$dir/answer")"
touch "$dir/free"
wait $holder
until_true 20 has_line '.message == "store: it works again"'
check "and a line tells that it works again" $?

chmod 644 "$dir/tokens"
kill -HUP "$pid"
until_true 10 has_line '.level == "err" and (.message | contains("--tokens"))'
check "so does one that a file cannot be used" $?
stop TERM

same "every line is an object with these keys, and no others" 0 "$(lines '
	(keys - ["request_id"] != ["level", "message", "time"]) or
	(.time | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z$") | not) or
	(.level | IN("err", "warning", "notice", "info") | not) or
	(.message | length == 0) or
	((.request_id // "0" * 32) | test("^[0-9a-f]{32}$") | not)')"
same "an object for each line" "$(wc -l <"$dir/log")" "$(jq -s length "$dir/log")"
same "from the beginning to the end" "1 1" "$(lines '.message | startswith("serving ")') $(
	lines '.message == "told to end"')"
! grep -q "$token" "$dir/log"
check "no line has a token" $?
finish
