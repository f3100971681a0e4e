# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# How long a stock kernel in a guest of ssi-vmm takes until its init says a line.

guest_mib=128

# Programs and images lie close, as all that is measured.
bring_guest() {
	cp "$SSI_BUILD/ssi-vmm" "$GUEST_KERNEL" "$SSI_BUILD/tests/vmm/initrd" /tmp/bench/
}

# start_guest ARGS...: what it prints comes by descriptor 3
start_guest() {
	exec 3< <(exec "$BENCH/ssi-vmm" --kernel "$BENCH/vmlinuz" --initrd "$BENCH/initrd" \
		--append "console=ttyS0 quiet panic=-1 act=idle" "$@" </dev/null 2>&1)
	guest=$!
}

# Its first line that is not the kernel's; what comes before is a complaint.
await_init() {
	local line
	while read -rt 300 line <&3; do
		[[ $line != guest:* ]] || return 0
		say "guest: $line"
	done
	return 1
}

# counted ARGS...: what the nodes counted, as members of a row; nothing of a guest
# without a region.
counted() {
	[ "$1" = --region ] || return 0
	printf ', "faults": %s, "remote_faults": %s, "owner_changes": %s, "region_pages": %s' \
		"$(stat_sum faults_local)" "$(stat_sum remote_faults_timed)" \
		"$(stat_sum owner_changes)" $((guest_mib << 8))
}

# boot ROW ARGS...: of ssi-vmm
boot() {
	local name=$1 begin took k
	# shellcheck disable=SC2154 # of tests/netns/lib.sh
	for k in "${joined[@]}"; do
		ssictl "$k" stats --reset >/dev/null || die "node $k: stats"
	done
	begin=${EPOCHREALTIME/./}
	start_guest "${@:2}"
	await_init || die "$name: the guest's init said nothing"
	took=$((${EPOCHREALTIME/./} - begin))
	kill "$guest"
	# Its descriptor ends when it has: not before is the region free.
	cat <&3 >/dev/null
	exec 3<&-
	printf '{"row": "%s", "value": %d.%06d%s}\n' "$name" $((took / 1000000)) \
		$((took % 1000000)) "$(counted "${@:2}")" >"$BENCH_RAW/$name"
	say "$name: $((took / 1000)) ms"
}
