# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts with lib.sh: nodes count up the same words of a region, until they
# are told to end; then every increment must be there, on every one of them.

region=${REGION:-r0}
pages=${PAGES:-32}
threads=${THREADS:-2}
declare -a writers

# start_writers [NODE...]: these, or all
start_writers() {
	local k
	# shellcheck disable=SC2046 # a word each
	[ $# -gt 0 ] || set -- $(nodes)
	for k; do
		# exec: a signal to this job is a signal to the writer. nice: the
		# writers' spinning must not keep the pages from travelling.
		(exec on "$k" nice -n 19 "$SSI_BUILD/tests/incr" --region "$region" \
			--pages "$pages" --threads "$threads" \
			--ops 1000000000000 --base $((k * threads)) \
			--processes $#) >"/run/wrote.$k" &
		writers[k]=$!
	done
}

check_writers() {
	local k
	for k in "${!writers[@]}"; do
		kill -0 "${writers[k]}" 2>/dev/null ||
			die "node $k: the writer ended early"
	done
}

stop_writers() {
	local k
	kill -TERM "${writers[@]}"
	for k in "${!writers[@]}"; do
		wait "${writers[k]}" || die "node $k: the writer failed"
	done
}

check_sums() {
	sums_up "$region" "$pages" "${!writers[@]}"
}
