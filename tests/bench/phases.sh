# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Where the time of a fault goes: the module's tracepoints, one after the other.
# The clock is the processor's, a tick of which is a nanosecond here.

trace=/sys/kernel/tracing

# traced ROW CHUNKS ARGS...: the trace of a row is kept beside the raw figures
traced() {
	local name=$1 chunks=$2
	shift 2
	let_holds_end
	echo x86-tsc >$trace/trace_clock
	echo 8192 >$trace/buffer_size_kb
	echo 1 >$trace/events/ssi_mem/enable
	"$BENCH/fault" --region r --chunks "$chunks" --per-chunk 100 --order random "$@" ||
		die "$name"
	echo 0 >$trace/events/ssi_mem/enable
	grep -o '[0-9]*: ssi_.*' $trace/trace >"$BENCH_TRACES/$name"
	echo >$trace/trace
	say "$name: $(wc -l <"$BENCH_TRACES/$name") steps"
}

measure_phases() {
	local near remote
	export BENCH_TRACES=/tmp/traces
	mkdir -p $BENCH_TRACES
	make_secret
	grow 3 --plain
	ssictl 0 region create r --size 64M >/dev/null || die "region r"
	mapfile -t there < <(chunks_at r 1)
	mapfile -t here < <(chunks_at r 0)
	remote=$(some 0 2 "${there[@]}")
	near=$(some 0 2 "${here[@]}")
	own 1 r "$remote"
	traced read "$remote"
	traced upgrade "$remote" --access write
	own 1 r "$remote"
	traced write "$remote" --access write
	own 2 r "$remote"
	traced 3hop "$remote"
	own 1 r "$near"
	traced "home here" "$near"
	in_background /tmp/mapped fault --node 1 --region r --chunks "$remote" \
		--access write --guest --stay /tmp/mapped
	traced guest "$remote"
	end_background
	ssictl 0 region delete r >/dev/null || die "region r"
	leave_all
	cp -r $BENCH_TRACES "$LAB_OUT/"
}
