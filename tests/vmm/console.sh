#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Input reaches the guest by interrupt, from a pipe and from a terminal; the
# terminal is raw meanwhile and as before afterwards, however the monitor ends.
# shellcheck disable=SC2317 # functions are called through check
set -u
. tests/vmm/lib.sh

start_words="--kernel $vmm_kernel --initrd $vmm_data/initrd --memory-backend anon --memory 256M"

# Types lines into a pipe as soon as the guest says it is ready.
pipe_dialogue() {
	local fifo=$vmm_scratch/fifo
	mkfifo "$fifo"
	# shellcheck disable=SC2086 # several words
	timeout -s KILL 480 "$vmm" $start_words --append "$vmm_base act=echo" \
		<"$fifo" >"$vmm_log" 2>&1 &
	local pid=$!
	exec 3>"$fifo"
	await 240 said 'guest: ready'
	# More than the port's buffer holds, in one go; ^A is data in a pipe.
	for i in $(seq 60); do echo "line $i of many, to fill the buffer"; done >&3
	printf '\001x\nend\n' >&3
	exec 3>&-
	vmm_code=0
	wait $pid || vmm_code=$?
	tr -d '\r' <"$vmm_log" >"$vmm_log.clean"
	mv "$vmm_log.clean" "$vmm_log"
}
pipe_dialogue
check 'pipe: powers off' code_is 0
check 'pipe: first line' said 'guest: heard line 1 of many'
check 'pipe: every line' test "$(grep -c 'guest: heard line .* of many, to fill the buffer$' "$vmm_log")" = 60
check 'pipe: Ctrl-A x is data' said "$(printf 'guest: heard \001x')"
check 'pipe: interrupts arrive' grep -qE 'guest: serial interrupts [1-9]' "$vmm_log"

# Runs the monitor on a terminal of its own, whose modes before, after and
# whenever it is suspended are kept; then it goes on at once. $1: words for the
# guest; stdin: what the user types.
on_terminal() {
	cat >"$vmm_scratch/inner" <<-END
		stty -a >$vmm_scratch/before
		$vmm $start_words --append "$vmm_base $1" &
		echo \$! >$vmm_scratch/pid
		fg >/dev/null
		code=\$?
		while [ -n "\$(jobs -s)" ]; do
			stty -a >$vmm_scratch/suspended
			fg >/dev/null
			code=\$?
		done
		echo \$code >$vmm_scratch/code
		stty -a >$vmm_scratch/after
	END
	timeout -s KILL 480 script -qec "bash -m $vmm_scratch/inner" /dev/null >"$vmm_log" 2>&1
}

# What on_terminal left; it ran in a pipe, hence in a process of its own.
fetch_code() {
	vmm_code=$(cat "$vmm_scratch/code")
}

forget_last() {
	rm -f "$vmm_scratch"/{pid,raw,code,suspended}
	: >"$vmm_log"
}

same_modes() {
	cmp -s "$vmm_scratch/before" "$vmm_scratch/after"
}

is_raw() {
	stty -a -F "/proc/$1/fd/0" | grep -q -- '-icanon'
}

# Ends the monitor by a signal once its terminal is raw.
signalled() {
	local signal=$1 code=$2
	forget_last
	{
		await 80 test -s "$vmm_scratch/pid"
		pid=$(cat "$vmm_scratch/pid")
		await 80 vcpus_run "$pid"
		is_raw "$pid" && touch "$vmm_scratch/raw"
		kill -"$signal" "$pid"
		sleep 3
	} | on_terminal 'act=spin'
	fetch_code
	check "SIG$signal: terminal was raw" test -e "$vmm_scratch/raw"
	check "SIG$signal: exit status $code" code_is "$code"
	check "SIG$signal: terminal as before" same_modes
}

signalled TERM 143
signalled INT 130
signalled HUP 129
signalled QUIT 131
signalled SEGV 139

forget_last
{
	await 240 said 'guest: ready'
	printf 'typed\n'
	await 80 said 'guest: heard typed'
	printf '\001x'
	sleep 3
} | on_terminal 'act=echo'
fetch_code
check 'terminal: input arrives' said 'guest: heard typed'
check 'Ctrl-A x: exit status 130' code_is 130
check 'Ctrl-A x: terminal as before' same_modes

# suspends NAME COMMAND...: which makes the monitor suspend itself
suspends() {
	local name=$1
	shift
	forget_last
	{
		await 240 said 'guest: ready'
		"$@"
		await 80 test -s "$vmm_scratch/suspended"
		await 80 is_raw "$(cat "$vmm_scratch/pid")"
		printf 'typed\n'
		await 80 said 'guest: heard typed'
		printf '\001x'
		sleep 3
	} | on_terminal 'act=echo'
	fetch_code
	check "$name: terminal as before" cmp -s "$vmm_scratch/before" "$vmm_scratch/suspended"
	check "$name: the guest goes on" said 'guest: heard typed'
	check "$name: ends as always" code_is 130
	check "$name: terminal as before in the end" same_modes
}

send_tstp() {
	kill -TSTP "$(cat "$vmm_scratch/pid")"
}

suspends 'Ctrl-A Ctrl-Z' printf '\001\032'
suspends 'SIGTSTP' send_tstp

forget_last
sleep 20 | on_terminal ''
fetch_code
check 'power-off: exit status 0' code_is 0
check 'power-off: terminal as before' same_modes
finish
