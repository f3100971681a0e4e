#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A guest is paused for longer than its kernel's watchdogs allow, and notices
# nothing: its clocks stood still, its timers work, its log is clean.
# shellcheck disable=SC2317 # functions are called through check
set -u
. tests/vmm/lib.sh

fifo=$vmm_scratch/fifo
socket=$vmm_scratch/control
mkfifo "$fifo"
pause_seconds=15
# The soft lockup detector then allows 8 s, RCU 5 s.
impatient='watchdog_thresh=4 rcupdate.rcu_cpu_stall_timeout=5'

start_guest() {
	local cpus=$1 words=$2
	timeout -s KILL 480 "$vmm" --kernel "$vmm_kernel" \
		--initrd "$vmm_data/initrd" --memory-backend anon --memory 256M \
		--cpus "$cpus" --control "$socket" \
		--append "$vmm_base act=obey $impatient $words" \
		<"$fifo" >"$vmm_log" 2>&1 &
	outer=$!
	exec 3>"$fifo"
	await 240 said 'guest: ready'
}

end_guest() {
	vmm_code=0
	wait "$outer" || vmm_code=$?
	exec 3>&-
}

# ask REQUEST: leaves the reply in $reply
ask() {
	reply=$(tests/vmm/ask "$socket" "$1")
}

reply_has() {
	[ "$(jq "$1" <<<"$reply")" = true ] || { echo "# $reply"; false; }
}

# How often the guest has said something that begins so.
times_said() {
	grep -c "^guest: $1" "$vmm_log"
}

said_times() {
	[ "$(times_said "$1")" = "$2" ]
}

# order WORD: the guest shall do it, and does
order() {
	local before
	before=$(times_said "$1")
	echo "$1" >&3
	await 80 said_times "$1" $((before + 1))
}

# The guest's uptime, in whole seconds.
uptime_said() {
	tr -d '\r' <"$vmm_log" | sed -n 's/^guest: uptime \([0-9]*\).*/\1/p' | tail -n 1
}

pauses() {
	local name=$1 cpus=$2 words=$3 clock=$4 before
	start_guest "$cpus" "$words"
	check "$name: clock" said "guest: clock $clock"
	# The watchdogs forgive a processor that was idle.
	check "$name: is busy" order busy
	order uptime
	before=$(uptime_said)
	ask pause
	check "$name: paused" reply_has '.ok and .paused and .stalled == 0'
	echo uptime >&3
	sleep "$pause_seconds"
	check "$name: stands still" said_times uptime 1
	ask resume
	check "$name: goes on" reply_has '.ok and (.paused | not)'
	check "$name: says how far it is behind" reply_has ".behind_ms >= $pause_seconds * 1000"
	check "$name: obeys what came meanwhile" await 80 said_times uptime 2
	check "$name: time stood still" [ $(($(uptime_said) - before)) -lt $((pause_seconds - 5)) ]
	check "$name: a timer fires" order nap
	check "$name: looks at its log" order log
	check "$name: clean log" not_said 'guest: warning'
	echo end >&3
	end_guest
	check "$name: powers off" code_is 0
	check "$name: no socket left" [ ! -e "$socket" ]
}

pauses '1 cpu' 1 '' kvm-clock
pauses '2 cpus' 2 '' kvm-clock
pauses 'clock from the counter' 2 'tsc=reliable clocksource=tsc' tsc

start_guest 1 ''
ask frob
check 'unknown request' reply_has '(.ok | not) and .error'
ask pause
ask quit
check 'quit: replies' reply_has '.ok'
end_guest
check 'quit: exit status 130' code_is 130
check 'quit: no socket left' [ ! -e "$socket" ]
finish
