#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: rounds in random order until time is up, and a sample of
# figures at least every minute, between two rounds: then nothing is there but
# what is there all the time. usage: soak.sh SECONDS SEED

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"
# shellcheck source=tests/netns/disturb.sh
. "$(dirname "$0")/../netns/disturb.sh"
REGION=base PAGES=16 THREADS=1
# shellcheck source=tests/netns/writers.sh
. "$(dirname "$0")/../netns/writers.sh"

seconds=$1
RANDOM=$2
samples=$LAB_OUT/samples.json
rounds=0
# Nodes 0 to 2 are there all the time; how many are there now.
members=3

# ---- the nodes ----

# The fourth node comes and goes.
join_fourth() {
	join_node 3 --share 64M
	members=4
	await_links
}

# Its agent ends, and the others let go of its links, a moment after it has left.
fourth_is_over() {
	[ "$(agents | wc -l)" = 3 ] &&
		[ "$(status '.nodes[0].peers | length')" = 6 ]
}

leave_fourth() {
	leave_node 3
	members=3
	await_links
	await "nothing is left of node 3" fourth_is_over
}

# ---- rounds ----

# write_and_check REGION PAGES OPS: two nodes write, a third one counts
write_and_check() {
	local first second wrote saw writer
	pick $members
	first=$picked
	second=$(((first + 1) % members))
	on "$second" "$SSI_BUILD/tests/incr" --region "$1" --pages "$2" \
		--ops "$3" --base 1 >/run/second &
	writer=$!
	wrote=$(on "$first" "$SSI_BUILD/tests/incr" --region "$1" \
		--pages "$2" --ops "$3") || die "node $first: the writer failed"
	wait $writer || die "node $second: the writer failed"
	wrote=$((wrote + $(cat /run/second)))
	pick $members
	saw=$(on "$picked" "$SSI_BUILD/tests/incr" --region "$1" \
		--pages "$2" --sum)
	[ "$saw" = "$wrote" ] ||
		die "region $1: $saw increments, $wrote were made"
}

# in_region SIZE COMMAND...: in a region that comes and goes
in_region() {
	local maker size=$1
	shift
	pick $members
	maker=$picked
	ssictl "$maker" region create round --size "$size" >/dev/null ||
		die "node $maker: region create"
	"$@"
	ssictl "$maker" region delete round >/dev/null ||
		die "node $maker: region delete"
}

round_sockets() {
	kill_sockets
	await_links
}

round_region() {
	in_region 4M write_and_check round 64 2000
}

# More pages than one node's share: some go to others.
round_evict() {
	in_region 76M write_and_check round 18000 18000
}

round_member() {
	if [ $members = 4 ]; then
		leave_fourth
	else
		join_fourth
	fi
}

guest() {
	on 0 timeout -s KILL 900 "$SSI_BUILD/ssi-vmm" --kernel "$GUEST_KERNEL" \
		--initrd "$SSI_BUILD/tests/vmm/initrd" --region round --cpus 2 \
		--append 'console=ttyS0 quiet panic=-1 mitigations=off' \
		</dev/null >"$LAB_OUT/guest.log" 2>&1 &
	local vmm=$!
	read -rt 5 <> <(:) || :
	round_sockets
	wait $vmm || die "the guest failed: $LAB_OUT/guest.log"
}

round_guest() {
	in_region 96M guest
}

round() {
	local kinds=(sockets sockets region region evict member guest) kind
	kind=${kinds[RANDOM % ${#kinds[@]}]}
	rounds=$((rounds + 1))
	say "round $rounds: $kind, $members nodes"
	"round_$kind"
	check_writers
}

# ---- figures ----

agents() {
	pgrep -f "$SSI_BUILD/ssictl join"
}

count_fds() {
	local pid
	for pid in $(agents); do
		ls "/proc/$pid/fd"
	done | wc -l
}

memory_of_agents() {
	local pid
	for pid in $(agents); do
		awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"
	done | paste -sd+ | bc
}

# meminfo KEY: in KiB
meminfo() {
	awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo
}

slab() {
	awk -v name="$1" '$1 == name { print $2 }' /proc/slabinfo
}

# status JQ-EXPRESSION: summed over the nodes that are there all the time
status() {
	local k
	for k in 0 1 2; do
		ssictl "$k" status -j
	done | jq -s "map($1) | if all(type == \"number\") then add
		else error(\"not numbers: $1\") end"
}

sample() {
	# The fourth node would make a difference that is none.
	[ $members = 3 ] || leave_fourth
	# What is kept for others' acknowledgments, or as free, settles.
	read -rt 2 <> <(:) || :
	jq -nc --argjson seconds $SECONDS \
		--argjson rounds "$rounds" \
		--argjson agent_fds "$(count_fds)" \
		--argjson agent_kib "$(memory_of_agents)" \
		--argjson ssi_job "$(slab ssi_job)" \
		--argjson ssi_msg "$(slab ssi_msg)" \
		--argjson used_bytes "$(status '.nodes[0].used')" \
		--argjson unacknowledged "$(status '[.nodes[0].peers[].unacknowledged] | add')" \
		--argjson sessions "$(status '.nodes[0].peers | length')" \
		--argjson tasks "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)" \
		--argjson unreclaimable_kib "$(meminfo SUnreclaim)" \
		--argjson vmalloc_kib "$(meminfo VmallocUsed)" \
		--argjson percpu_kib "$(meminfo Percpu)" \
		--argjson available_kib "$(meminfo MemAvailable)" \
		'$ARGS.named' >>"$samples" || die "no sample"
	sampled=$SECONDS
}

# ---- the run ----

[ -c /dev/kvm ] || die "no /dev/kvm here: the guest can not run"
load_module
make_secret
for k in 0 1 2; do
	join_node $k --share 64M
done
await_links
ssictl 0 region create base --size 4M >/dev/null || die "region create"
start_writers 0 1 2
# One round of each kind first: what is made once is no growth.
for kind in sockets region evict guest member member; do
	say "first: $kind"
	"round_$kind"
done
# A sample every minute; in a short run there must be some to compare.
every=$((seconds < 3600 ? seconds / 60 + 5 : 60))
sample
end=$((SECONDS + seconds))
while ((SECONDS < end)); do
	round
	((SECONDS - sampled < every)) || sample
done
sample
stop_writers
check_sums
ssictl 0 region delete base >/dev/null || die "region delete"
leave_all
unload_module
say "$rounds rounds"
