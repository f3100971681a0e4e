# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts that the lab runs with --netns: nodes of one kernel. They find
# the module in $SSI_MODULE, and what `make` built in $SSI_BUILD. Without --netns
# each node has a kernel, and its module is looked for in $SSI_BUILD.

set -u

# How many times longer than elsewhere things may take here.
patience=${PATIENCE:-1}
# Of work that takes long, one part in so many is done.
# shellcheck disable=SC2034 # used by the scripts
fraction=${FRACTION:-1}

die() {
	echo "FAILED: $*" >&2
	exit 1
}

say() {
	printf '%4ds  %s\n' "$SECONDS" "$*"
}

last_node() {
	echo $((LAB_NODES - 1))
}

nodes() {
	seq 0 "$(last_node)"
}

ip_of() {
	local name=LAB_IP_$1
	echo "${!name}"
}

# addr_of NODE: where it listens; by IPv6 when $IPV6 is set
addr_of() {
	local name=LAB_IP6_$1
	if [ -n "${IPV6-}" ]; then
		echo "[${!name}]:7000"
	else
		echo "$(ip_of "$1"):7000"
	fi
}

ssictl() {
	local node=$1
	shift
	on "$node" "$SSI_BUILD/ssictl" "$@"
}

# The nodes that have a kernel of their own.
machines() {
	if [ -n "${LAB_NETNS-}" ]; then
		echo 0
	else
		nodes
	fi
}

# module_of NODE: built for the kernel that runs there
module_of() {
	local kernel=LAB_KERNEL_$1
	echo "${SSI_MODULE:-$SSI_BUILD/kmod-${!kernel}/ssi_mem.ko}"
}

load_module() {
	local k
	for k in $(machines); do
		on "$k" insmod "$(module_of "$k")" || die "node $k: insmod"
		on "$k" cp /sys/module/ssi_mem/sections/.text /run/ssi_mem.text
	done
}

# The nodes that have joined.
joined=()

make_secret() {
	local k secret
	secret=$(head -c 32 /dev/urandom | base64)
	for k in $(machines); do
		on "$k" sh -c "umask 077 && echo $secret >/run/ssi-secret"
	done
}

# join_node K ARGS...: node K gets id K+1 and lists all that have joined
join_node() {
	local k=$1 p peers=()
	shift
	for p in "${joined[@]}"; do
		peers+=(--peer "$((p + 1))=$(addr_of "$p")")
	done
	ssictl "$k" join --id $((k + 1)) --listen "$(addr_of "$k")" \
		--secret /run/ssi-secret "${peers[@]}" "$@" >/dev/null ||
		die "node $k: join"
	joined+=("$k")
}

# leave_node K ARGS...: node K leaves
leave_node() {
	ssictl "$1" leave "${@:2}" >/dev/null || die "node $1: leave"
	is_gone "$1"
}

# is_gone K: node K has left, or is dead
is_gone() {
	local p still=()
	for p in "${joined[@]}"; do
		[ "$p" = "$1" ] || still+=("$p")
	done
	joined=("${still[@]}")
}

# join_all ARGS...: every node joins
join_all() {
	local k
	make_secret
	for k in $(nodes); do
		join_node "$k" "$@"
	done
	await_links
}

# What is asked for again and again, until it is so, is found without jq: that
# takes a second to start where machines are emulated.

# number NAME JSON: the first number of that name
number() {
	[[ $2 =~ \"$1\":\ ([0-9]+) ]] || die "nothing is called $1: $2"
	echo "${BASH_REMATCH[1]}"
}

# occurs WORDS JSON: how often
occurs() {
	local without=${2//"$1"/}
	echo $(((${#2} - ${#without}) / ${#1}))
}

links_up() {
	local k json channel
	for k in "${joined[@]}"; do
		json=$(ssictl "$k" status -j)
		for channel in control data; do
			[ "$(occurs "\"${channel}_link\": \"up\"" "$json")" = \
				$((${#joined[@]} - 1)) ] || return 1
		done
	done
}

# Every link of every node that has joined carries messages, or the test fails.
await_links() {
	await "all links are up" links_up
}

# prefetch REGION PAGES: ask for so many ahead; with 0 they go where they are
# touched, and nowhere else
prefetch() {
	local k
	for k in "${joined[@]}"; do
		ssictl "$k" region set "$1" --prefetch "$2" || die "region set $1"
	done
}

# stat_sum NAME: a counter over all nodes that have joined
stat_sum() {
	local k sum=0
	for k in "${joined[@]}"; do
		sum=$((sum + $(number "$1" "$(ssictl "$k" stats -j)")))
	done
	echo $sum
}

# kill_sockets: every socket of every link, at both ends. -n, -t: looking for names
# of ports, and for modules of other protocols, takes longer than the killing.
kill_sockets() {
	local k
	for k in $(nodes); do
		on "$k" ss -ntK state established \
			'( sport = :7000 or dport = :7000 )' >/dev/null
	done
}

# Set by what fails and lets the script go on, which ends with it.
# shellcheck disable=SC2034 # read by the scripts
failed=0

# check WHAT COMMAND...
# shellcheck disable=SC2034
check() {
	local what=$1
	shift
	if "$@"; then
		echo "ok - $what"
	else
		echo "not ok - $what"
		failed=1
	fi
}

# refuses TEXT COMMAND...: the command fails and says TEXT
# shellcheck disable=SC2034
refuses() {
	local text=$1 output
	shift
	if output=$("$@" 2>&1); then
		echo "not ok - $* succeeded, instead of: $text"
		failed=1
	elif [[ $output != *"$text"* ]]; then
		echo "not ok - $*: said '$output', not '$text'"
		failed=1
	else
		echo "ok - refused: $text"
	fi
}

# await WHAT COMMAND...: until the command succeeds, or the test fails
await() {
	local what=$1 deadline=$((SECONDS + 30 * patience))
	shift
	until "$@"; do
		((SECONDS < deadline)) || die "not within $((30 * patience)) s: $what"
		read -rt 0.2 <> <(:) || :
	done
}

# What start_monitor writes.
events=/run/events

# It watches for signals once it is subscribed.
monitor_reads() {
	local pid
	pid=$(pgrep -nf "^$SSI_BUILD/ssictl monitor") &&
		[[ $(ls -l "/proc/$pid/fd") == *signalfd* ]]
}

# The events of node 0, from now on.
start_monitor() {
	(exec on 0 "$SSI_BUILD/ssictl" monitor -j) >"$events" &
	monitor=$!
	await "the monitor reads" monitor_reads
}

# Returns its exit status.
stop_monitor() {
	kill -TERM "$monitor"
	wait "$monitor"
}

# has_event CONDITION: on one event, in jq's words
has_event() {
	jq -es "any(.[]; $1)" "$events" >/dev/null
}

await_event() {
	await "an event with $1" has_event "$1"
	echo "ok - event: $1"
}

# logged PATTERN: a node has told the kernel log
logged() {
	dmesg | grep -qE "ssi_mem: node [^:]*: $1"
}

# sums_up REGION PAGES NODE...: as these nodes see it, every increment is there
# that writers told of in /run/wrote.*
sums_up() {
	local region=$1 pages=$2 k expected saw
	shift 2
	expected=$(cat /run/wrote.* | paste -sd+ | bc)
	((expected > 0)) || die "the writers wrote nothing"
	for k; do
		saw=$(on "$k" "$SSI_BUILD/tests/incr" --region "$region" \
			--pages "$pages" --sum)
		[ "$saw" = "$expected" ] ||
			die "node $k sees $saw increments, $expected were made"
	done
	say "$expected increments, all there, on $# nodes"
}

holds_nothing() {
	local json
	json=$(ssictl "$1" status -j)
	[ "$(number used "$json") $(number pages_in_transit "$json")" = "0 0" ]
}

# No region is left: what a node holds now it would hold for ever.
await_empty() {
	local k
	for k in "${joined[@]}"; do
		await "node $k holds no memory" holds_nothing "$k"
	done
}

leave_all() {
	local k
	for k in "${joined[@]}"; do
		leave_node "$k"
	done
}

unload_module() {
	local k
	for k in $(machines); do
		on "$k" rmmod ssi_mem || die "node $k: rmmod ssi_mem"
	done
}
