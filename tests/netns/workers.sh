# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts with lib.sh, or a die() of their own: workers of stress.c on every
# node, in region r0. Each node's write down what they do in a file of their node,
# and go on where they were when they are started again.

# `stress': threads; `vcpu': processors of guests
program=stress
pages=2048
threads=2
seed=1
declare -a workers

# start_worker K: and wait until they can be stopped
start_worker() {
	# exec: a signal to this job is a signal to the workers. nice: their
	# spinning must not keep the pages from travelling.
	(exec on "$1" nice -n 19 "$SSI_BUILD/tests/$program" \
		--first $(($1 * threads)) --threads $threads \
		--workers $((LAB_NODES * threads)) --seed "$seed" \
		--log "/run/log.$1" r0 $pages) >"/run/workers.$1" &
	workers[$1]=$!
	until grep -q began "/run/workers.$1"; do
		check_workers
		read -rt 0.1 <> <(:) || :
	done
}

check_workers() {
	local k
	for k in "${!workers[@]}"; do
		kill -0 "${workers[k]}" 2>/dev/null ||
			die "node $k: its workers ended early"
	done
}

stop_worker() {
	kill -TERM "${workers[$1]}"
	wait "${workers[$1]}" || die "node $1: its workers failed"
	unset "workers[$1]"
}

# kill_worker K: wherever they are
kill_worker() {
	on "$1" pkill -KILL -f "^$SSI_BUILD/tests/$program .* --log /run/log.$1 " ||
		die "node $1: there are no workers to kill"
	wait "${workers[$1]}" 2>/dev/null
	unset "workers[$1]"
}

# All are stopped: hold every byte that each node sees against what they wrote down.
check_logs() {
	local k found logs=()
	for ((k = 0; k < LAB_NODES; k++)); do
		on "$k" cp "/run/log.$k" "$LAB_OUT/" || die "node $k: no log"
		logs+=("$LAB_OUT/log.$k")
	done
	for ((k = 0; k < LAB_NODES; k++)); do
		found=$(on "$k" "$SSI_BUILD/tests/stress" --check r0 $pages \
			"${logs[@]}") || die "node $k: $found"
		say "node $k: $found"
	done
}
