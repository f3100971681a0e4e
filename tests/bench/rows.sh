# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# How a script of the bench measures a row. Programs are in $BENCH, raw figures go
# to $BENCH_RAW, a file for each row.

# measured ROW: a line about it
measured() {
	local p50 rate
	p50=$(tail -n +2 "$BENCH_RAW/$1" | sort -n | awk '{ ns[NR] = $1 }
		END { if (NR) printf "p50 %.1f us, ", ns[int((NR + 1) / 2)] / 1000 }')
	rate=$(head -n 1 "$BENCH_RAW/$1" | jq '.pages / .elapsed_ns * 1e9 | round')
	say "$1: $p50$rate pages/s"
}

# row NAME PROGRAM ARGS...: a row of the bench
row() {
	local name=$1 program=$2
	shift 2
	"$BENCH/$program" --row "$name" "$@" || die "$name"
	measured "$name"
}

# fact NAME VALUE [MEMBERS]: a row with a single figure, and what more it has
fact() {
	printf '{"row": "%s", "value": %s%s}\n' "$1" "$2" "${3:+, $3}" >"$BENCH_RAW/$1"
	say "$1: $2${3:+, $3}"
}

# in_background FILE PROGRAM ARGS...: until it has made FILE; its pid is $background
in_background() {
	local file=$1
	shift
	rm -f "$file" "$file.go"
	"$BENCH/$1" "${@:2}" &
	background=$!
	until [ -e "$file" ]; do
		kill -0 $background 2>/dev/null || die "$1 ended early"
		read -rt 0.05 <> <(:) || :
	done
}

end_background() {
	kill "$background" 2>/dev/null
	wait "$background" 2>/dev/null
}
