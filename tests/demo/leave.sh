#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with three nodes, on node 0: while the guest works, node 1
# leaves its region. There is no room for what it has until node 2 becomes a
# member; then node 1 is gone, and comes back as a member with a life of its
# own. The guest notices nothing but that memory is slow: every byte is right.

# shellcheck source=tests/demo/lib.sh
. "$(dirname "$0")/lib.sh"

# has_pages COUNT: node 1
has_pages() {
	(($(field 1 pages_owned) > $1))
}

tells_progress() {
	grep -q 'pages left' "$LAB_OUT/leave"
}

has_ended() {
	! kill -0 "$leaver" 2>/dev/null
}

members() {
	"$ssictl" region list -j | jq -c '.regions[0].members'
}

# extend ID MEMBERS: by the node, then it has these
extend() {
	"$ssictl" region extend guest --member "$1" || fail "region extend"
	[ "$(members)" = "$2" ] || fail "the members are $(members), not $2"
	say "node $(($1 - 1)) is a member of the region"
}

begin_leave() {
	await 300 "the guest works" grep -aq '^workload: progress' "$console"
	await 200 "node 1 has pages" has_pages 3000
	life=$(field 1 incarnation)
	say "node 1 leaves, it has $(field 1 pages_owned) pages"
	(exec on 1 "$ssictl" leave --timeout 100) >"$LAB_OUT/leave" 2>&1 &
	leaver=$!
	await 60 "the pages that are left are told" tells_progress
}

end_leave() {
	await 150 "node 1 has left" has_ended
	wait "$leaver" || fail "leave: $(tail -n 1 "$LAB_OUT/leave")"
	[ "$(members)" = "[1,3]" ] || fail "the members are $(members)"
	say "node 1 has left; it told: $(tail -n 1 "$LAB_OUT/leave")"
}

come_back() {
	join_node 1
	await 60 "node 1 has its links" have_links 0 1 2
	[ "$(field 1 incarnation)" != "$life" ] ||
		fail "node 1 came back with the same incarnation"
	extend 2 "[1,2,3]"
	await 120 "node 1 has pages again" has_pages 1000
	say "node 1 has $(field 1 pages_owned) pages again"
}

[ "$LAB_NODES" = 3 ] || fail "it takes three nodes"
make_secret
begin_cluster
load_modules
join_node 0
join_node 1
await_links 0 1
create_region
join_node 2
await_links 0 1 2
start_guest
begin_leave
extend 3 "[1,2,3]"
end_leave
come_back
rm "$LAB_OUT/secret"
echo enough >&3
watch_guest
[ "$(workload_figure wrong_bytes)" = 0 ] || fail "wrong bytes"
say "the workload is done, $(workload_figure verifies) bytes, all right"
stop_guest end
check_console
leave_cluster 2 1 0
