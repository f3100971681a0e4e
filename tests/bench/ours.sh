# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The project's own rows. Node k has the id k + 1. Node 0 asks; unless a row says
# otherwise a page is owned by its home, so that two messages bring it.

# chunks_at REGION NODE: numbers of the chunks that have their home there
chunks_at() {
	ssictl 0 pages "$1" -j | jq -r ".regions[0].chunks[] |
		select(.home == $(($2 + 1))) | .chunk"
}

# some FIRST COUNT LIST...: of a list of chunks, with commas
some() {
	local first=$1 count=$2
	shift 2
	(($# >= first + count)) || die "$# chunks are too few for $first + $count"
	local IFS=,
	echo "${*:first+1:count}"
}

# own NODE REGION CHUNKS: the node writes to all pages, and maps none afterwards
own() {
	"$BENCH/fault" --node "$1" --region "$2" --chunks "$3" --access write ||
		die "node $1 can not write to region $2"
}

# Longer than any hold: so that none is part of a row.
let_holds_end() {
	read -rt 0.1 <> <(:) || :
}

# ours ROW CHUNKS ARGS...: node 0 touches chunks of region r, in no order unless
# the row says one: nothing that is fetched ahead is to answer for a fault
ours() {
	local name=$1 chunks=$2
	shift 2
	let_holds_end
	row "$name" fault --region r --chunks "$chunks" --order random "$@"
}

# fetch ROW ARGS...: the same for chunks that node 1 has just written
fetch() {
	own 1 r "$remote"
	ours "$1" "$remote" "${@:2}"
}

# fetch_mapped ROW [--guest]: a process, or a guest, has the pages mapped there
fetch_mapped() {
	in_background /tmp/mapped fault --node 1 --region r --chunks "$remote" \
		--access write --stay /tmp/mapped "${@:2}"
	ours "$1" "$remote"
	end_background
}

# Each row but the first finds memory that the one before has given back.
begin_reads() {
	own 1 r "$remote"
	"$BENCH/fault" --region r --chunks "$remote" || die "first read"
}

measure_reads() {
	begin_reads
	fetch ours.read
	fetch ours.read.seq --order seq
	fetch ours.read.stride --order stride
	fetch ours.read.t4 --threads 4
	fetch ours.read.seq.t4 --order seq --threads 4
	fetch_mapped ours.read.mapped
	fetch_mapped ours.read.guest --guest
	own 1 r "$remote"
	let_holds_end
	row ours.guest.read fault --region r --chunks "$remote" --order random --guest
}

measure_writes() {
	fetch ours.write --access write
	fetch ours.upgrade --before read --access write
	own 0 r "$near"
	ours ours.refault "$near" --order seq --before read --forget
	row ours.first fault --region r --chunks "$(some 4 4 "${here[@]}")" --access write
	row ours.first.remote fault --region r --chunks "$(some 4 4 "${there[@]}")" \
		--access write
	"$BENCH/writers" ours.pingpong r $((there[8] * 512)) 500
	measured ours.pingpong
}

# Node 0 writes to more than it may keep.
measure_eviction() {
	ssictl 0 region create e --size 56M >/dev/null || die "region e"
	row ours.evict fault --region e --access write
	ssictl 0 region delete e >/dev/null || die "region e"
}

measure_two_nodes() {
	ssictl 0 region create r --size 64M >/dev/null || die "region r"
	mapfile -t here < <(chunks_at r 0)
	mapfile -t there < <(chunks_at r 1)
	near=$(some 0 4 "${here[@]}")
	remote=$(some 0 4 "${there[@]}")
	measure_reads
	measure_without_prefetch
	measure_writes
	ssictl 0 region delete r >/dev/null || die "region r"
}

# Node 0 asks, node 1 is the home, node 2 the owner.
measure_three_hops() {
	local chunks
	ssictl 0 region create r --size 64M >/dev/null || die "region r"
	mapfile -t there < <(chunks_at r 1)
	chunks=$(some 0 4 "${there[@]}")
	own 2 r "$chunks"
	ours ours.read.3hop "$chunks"
	ssictl 0 region delete r >/dev/null || die "region r"
}

# How many pages the module fetches ahead at most; nothing where it does not.
prefetch() {
	ssictl 0 region show r -j | jq '.regions[0].prefetch // empty'
}

measure_without_prefetch() {
	local usual
	usual=$(prefetch)
	[ -n "$usual" ] || return 0
	ssictl 0 region set r --prefetch 0 || die "region r"
	fetch ours.read.off
	fetch ours.read.seq.off --order seq
	ssictl 0 region set r --prefetch "$usual" || die "region r"
}

# measure_many NODES: node 0 reads what all others are home and owner of
measure_many() {
	local node list=() more
	ssictl 0 region create r --size 64M >/dev/null || die "region r"
	for ((node = 1; node < $1; node++)); do
		mapfile -t more < <(chunks_at r $node)
		more=("${more[@]:0:2}")
		own $node r "$(some 0 ${#more[@]} "${more[@]}")"
		list+=("${more[@]}")
	done
	ours "ours.read.nodes$1" "$(some 0 ${#list[@]} "${list[@]}")"
}

# invalidate SHARERS: node 0 writes to what it owns and so many others have read
invalidate() {
	local node
	own 0 r "$mine"
	for ((node = 1; node <= $1; node++)); do
		"$BENCH/fault" --node $node --region r --chunks "$mine" --per-chunk 100 ||
			die "sharer $node"
	done
	ours "ours.invalidate.$1" "$mine" --per-chunk 100 --access write
}

measure_invalidations() {
	mapfile -t here < <(chunks_at r 0)
	mine=$(some 0 1 "${here[@]}")
	delay add
	invalidate 1
	invalidate 3
	invalidate 7
	delay del
}

# `joined` is of tests/netns/lib.sh.
# shellcheck disable=SC2154
#
# grow NODES JOIN-OPTION...: so many have joined
grow() {
	local k
	for ((k = ${#joined[@]}; k < $1; k++)); do
		join_node $k --share 48M "${@:2}"
	done
	await_links
}

measure_tls() {
	ssictl 0 region create r --size 64M >/dev/null || die "region r"
	mapfile -t there < <(chunks_at r 1)
	remote=$(some 0 4 "${there[@]}")
	fetch ours.tls.read
	fetch ours.tls.write --access write
	fetch ours.tls.upgrade --before read --access write
	ssictl 0 region delete r >/dev/null || die "region r"
}

measure_ours() {
	make_secret
	grow 2 --plain
	measure_two_nodes
	measure_eviction
	measure_many 2
	ssictl 0 region delete r >/dev/null || die "region r"
	grow 3 --plain
	measure_three_hops
	grow 4 --plain
	measure_many 4
	ssictl 0 region delete r >/dev/null || die "region r"
	grow 8 --plain
	measure_many 8
	measure_invalidations
	ssictl 0 region delete r >/dev/null || die "region r"
	leave_all
	grow 2
	measure_tls
	leave_all
}
