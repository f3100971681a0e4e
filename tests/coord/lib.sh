# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by the tests of the coordinator as a process. Each has a folder of its
# own, and ends what it started, by number.

# until_true calls functions by their names.
# shellcheck disable=SC2317
set -u
program=$PWD/build/ssi-coordinator
dir=$(mktemp -d /tmp/coord.XXXXXX)
pids=()
failed=0
number=0
life=0123456789abcdef0123456789abcdef
# Options of each request.
with=()

end_all() {
	local pid
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$dir"
}
trap end_all EXIT

# check WHAT STATUS: a line of TAP
check() {
	number=$((number + 1))
	if [ "$2" = 0 ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		failed=1
	fi
}

# same WHAT EXPECTED FOUND
same() {
	[ "$2" = "$3" ] || echo "# expected '$2', found '$3'"
	[ "$2" = "$3" ]
	check "$1" $?
}

# like WHAT PATTERN FOUND
like() {
	# shellcheck disable=SC2053 # a pattern
	[[ $3 == $2 ]] || echo "# expected '$2', found '$3'"
	# shellcheck disable=SC2053 # a pattern
	[[ $3 == $2 ]]
	check "$1" $?
}

finish() {
	echo "1..$number"
	exit $failed
}

# A port that was free just now.
free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# until_true SECONDS COMMAND...: as soon as it succeeds
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < end)) || return 1
		sleep 0.05
	done
}

# start URL OPTIONS...: waits until it answers; $pid is the process
start() {
	local url=$1
	shift
	"$program" --listen "${url#*://}" "$@" 2>>"$dir/log" &
	pid=$!
	pids+=("$pid")
	until_true 20 curl -ksS --max-time 2 "$url/health" || {
		echo "# it did not start:"
		sed 's/^/# /' "$dir/log"
	}
}

# stop SIGNAL: of $pid
stop() {
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null
}

# ask METHOD PATH [BODY [OPTION...]]: prints the answer, and its status in $dir/status
ask() {
	local method=$1 path=$2 body=${3-}
	shift 2
	[ $# -eq 0 ] || shift
	curl -sS --max-time 15 -X "$method" -H 'Content-Type: application/json' \
		${body:+-d "$body"} -w '%{stderr}%{http_code}' "${with[@]}" "$@" "$url$path" \
		2>"$dir/status"
}

status() {
	cat "$dir/status"
}

# asks STATUS METHOD PATH [BODY [OPTION...]]: a test by itself
asks() {
	local expected=$1
	shift
	ask "$@" >"$dir/answer"
	same "$1 $2 is answered with $expected" "$expected" "$(status)"
}

answer() {
	jq -r "$1" "$dir/answer"
}

# member ID NAME: registers and joins
member() {
	ask POST /nodes "{\"name\":\"$2\",\"share\":1073741824}" >"$dir/answer"
	ask POST "/nodes/$1/endpoint" \
		"{\"incarnation\":\"$life\",\"address\":\"192.0.2.$(($1 + 1)):7000\"}" >"$dir/answer"
}

beat() {
	ask POST "/nodes/$1/lease" "{\"incarnation\":\"$life\"}"
}

# Nothing at all is no answer: jq -e alone takes it for one.
leads() {
	curl -ksS --max-time 3 "$1/readyz" | jq .leads | grep -x true
}
