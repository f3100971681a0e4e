#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab, with three nodes: what ssictl, the netlink family and
# /dev/ssi_mem refuse, and what the administrator gets to see.
# usage: refuse.sh [COUNT]
# COUNT requests, and ten times as many calls, are random (1000).

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

count=${1:-1000}
secret=/run/ssi-secret
wrong=/run/wrong-secret

not_ok() {
	echo "not ok - $*"
	failed=1
}

# complains CODE TEXT ARGS...: ssictl on node 1 ends with CODE and says TEXT
complains() {
	local code=$1 text=$2 output status=0
	shift 2
	output=$(ssictl 1 "$@" 2>&1) || status=$?
	if [ $status != "$code" ]; then
		not_ok "ssictl $*: exit status $status, not $code: $output"
	elif [[ $output != *"$text"* ]]; then
		not_ok "ssictl $*: said '$output', not '$text'"
	else
		echo "ok - ssictl $*: $text"
	fi
}

# refuses_join TEXT OPTIONS...: what is given replaces a good option
refuses_join() {
	local text=$1
	shift
	complains 2 "$text" join --id 2 --listen 127.0.0.1:7000 \
		--secret $secret --share 8M "$@"
}

make_secrets() {
	(umask 077
	head -c 32 /dev/urandom | base64 >$secret
	head -c 32 /dev/urandom | base64 >$wrong
	echo short >/run/short
	head -c 5000 /dev/zero >/run/long
	cp $secret /run/open && chmod 640 /run/open)
}

check_no_module() {
	complains 3 "not loaded" status
	complains 3 "not loaded" region list
}

check_words() {
	complains 2 "unknown command 'frob'" frob
	complains 2 "unknown command" region frob
	complains 2 "a command is missing" region
	complains 2 "unknown option '--frob'" status --frob
	complains 2 "unknown option '-x'" status -x
	complains 2 "unexpected argument 'frob'" status frob
	complains 2 "--node takes a value" status --node
	complains 2 "--json takes no value" status --json=1
	complains 2 "NAME is missing" region create --size 4M
	complains 2 "--size SIZE is missing" region create r
	complains 2 "unexpected argument" region create r r --size 4M
	complains 2 "is not a name" region create r/r --size 4M
	complains 2 "is not a size" region create r --size 4Q
	complains 2 "is not a size" region create r --size -4M
	complains 2 "is not a size" region create r --size 99999999T
	complains 2 "is not seconds" leave --timeout 0
	complains 2 "is not seconds" leave --timeout 1.5
	complains 2 "is not a name" status --node 'a b'
}

check_join_words() {
	complains 2 "--listen ADDR:PORT is missing" join
	complains 2 "--id N is missing" join --listen 127.0.0.1:7000 --secret $secret --share 8M
	complains 2 "--secret FILE is missing" join --id 1 --listen 127.0.0.1:7000 --share 8M
	refuses_join "--id stands twice" --id 3
	refuses_join "N=ADDR:PORT" --peer frob
	refuses_join "a node id N" --peer 64=127.0.0.1:7000
	refuses_join "each peer is listed once" --peer 1=127.0.0.1:7000 --peer 1=127.0.0.1:7001
	refuses_join "a port, 1 to 65535" --peer 1=127.0.0.1:0
	refuses_join "a port, 1 to 65535" --peer 1=127.0.0.1:65536
	refuses_join "numeric address" --peer 1=localhost:7000
	refuses_join "numeric address" --peer 1=fd77::1:7000
	refuses_join "numeric address" --peer "1=[fd77::1:7000"
	refuses_join "is not a number" --hold-us x
	refuses_join "is not a size" --reserve 0
	complains 2 "is not a node id" join --id 64
	complains 2 "is not a node id" join --id -1
	complains 2 "is not a node id" join --id 1x
}

# refuses_secret TEXT FILE
refuses_secret() {
	complains 1 "$1" join --id 2 --listen 127.0.0.1:7000 --share 8M \
		--secret "$2"
}

check_join_values() {
	refuses_secret "No such file" /run/none
	refuses_secret "not a regular file" /run
	refuses_secret "chmod 600" /run/open
	refuses_secret "shorter than 32 bytes" /run/short
	refuses_secret "longer than 4096 bytes" /run/long
	complains 1 "lists itself" join --id 2 --listen 127.0.0.1:7000 \
		--secret $secret --share 8M --peer 2=127.0.0.1:7000
	complains 1 "Cannot assign" join --id 2 --listen 192.0.2.1:7000 \
		--secret $secret --share 8M
	complains 1 "share has 1 MiB" join --id 2 --listen 127.0.0.1:7000 \
		--secret $secret --share 64K
	complains 1 "exceed" join --id 2 --listen 127.0.0.1:7000 \
		--secret $secret --share 1000G
	complains 1 "10000 microseconds" join --id 2 --listen 127.0.0.1:7000 \
		--secret $secret --share 8M --hold-us 99999
	[ "$(ssictl 1 status -j | jq '.nodes | length')" = 0 ] ||
		not_ok "a node is left of a join that was refused"
}

join() {
	local node=$1 id=$2
	shift 2
	ssictl "$node" join --id "$id" --listen "$(ip_of "$node"):7000" \
		--share 8M "$@"
}

# tries TEXT ID OPTIONS...: node 1 joins, and is told TEXT of its peer, in its
# own status and in that of the peer
tries() {
	local text=$1 id=$2 output seen deadline=$((SECONDS + 10 * patience))
	shift 2
	output=$(join 1 "$id" "$@" 2>&1) || not_ok "join $*: $output"
	[[ $output == *"$text"* ]] || not_ok "join $*: said '$output', not '$text'"
	until seen=$(ssictl 1 status -j | jq -r '.nodes[0].trying[0].reason') &&
		[[ $seen == *"$text"* ]]; do
		((SECONDS < deadline)) || break
	done
	[[ $seen == *"$text"* ]] || not_ok "status says '$seen', not '$text'"
	until seen=$(ssictl 0 status -j | jq -r '.nodes[0].last_refusal') &&
		[[ $seen == *"$text"* ]]; do
		((SECONDS < deadline)) || break
	done
	[[ $seen == *"$text"* ]] || not_ok "the peer's status says '$seen', not '$text'"
	echo "ok - join $*: $text"
	ssictl 1 leave >/dev/null || not_ok "leave after join $*"
}

check_peers() {
	local first
	first=$(ip_of 0):7000
	join 0 1 --secret $secret >/dev/null || die "node 0: join"
	tries "secrets differ" 2 --secret $wrong --peer "1=$first"
	tries "same node id" 1 --secret $secret --peer "9=$first"
	tries "another node answers" 2 --secret $secret --peer "9=$first"
	tries "runs with --plain" 2 --secret $secret --peer "1=$first" --plain
	# Nobody is there: told, but there is nobody to tell it to.
	join 1 2 --secret $secret --peer "1=$(ip_of 0):7999" 2>&1 |
		grep -q "Connection refused" || not_ok "nobody there, and not told"
	ssictl 1 leave >/dev/null || not_ok "leave"
}

sockets() {
	ssictl 0 status -j | jq '.nodes[0].peers[0].sockets'
}

# A third node comes with the id of the second, which is connected.
check_taken_id() {
	local before output
	join 1 2 --secret $secret --peer "1=$(ip_of 0):7000" >/dev/null ||
		die "node 1: join"
	joined=(0 1)
	await_links
	before=$(sockets)
	output=$(join 2 2 --secret $secret --peer "1=$(ip_of 0):7000" 2>&1)
	[[ $output == *"another node with this id is connected"* ]] ||
		not_ok "an id that is taken: said '$output'"
	read -rt 3 <> <(:) || :
	[ "$(sockets)" = "$before" ] ||
		not_ok "the node whose id it is lost its links"
	links_up || not_ok "its links are not up"
	complains 1 "here already" join --id 9 --node node2 \
		--listen "$(ip_of 1):7009" --secret $secret --share 8M
	complains 1 "Address already in use" join --id 9 \
		--listen "$(ip_of 1):7000" --secret $secret --share 8M
	complains 1 "no node of that name" status --node nobody
	# With the other one gone the id is free.
	ssictl 1 leave >/dev/null || die "node 1: leave"
	until [ "$(ssictl 0 status -j |
		jq -r '.nodes[0].peers[0].control_link')" = up ]; do
		((SECONDS < 200 * patience)) || die "the id does not become free"
	done
	ssictl 2 leave >/dev/null || die "node 2: leave"
	echo "ok - an id that is taken, and becomes free"
}

make_secrets
check_no_module
load_module
check_words
check_join_words
check_join_values
check_peers
check_taken_id
join 1 2 --secret $secret --peer "1=$(ip_of 0):7000" >/dev/null ||
	die "node 1: join"
await_links
on 0 "$SSI_BUILD/tests/badnl" 2 "$count" || failed=1
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
on 0 "$SSI_BUILD/tests/badioctl" r0 $((count * 10)) || failed=1
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
exit $failed
