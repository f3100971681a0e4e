#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: what ssictl does for an administrator. Events as they come,
# JSON and its schemas, nodes and regions as a file, the doctor, what is said to other releases, a node whose agent was killed and
# that gets another one, the service's commands and the udev rule.
# usage: tool.sh
#
# shellcheck disable=SC2317 # functions that check, await and refuses call

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/writers.sh
. "$(dirname "$0")/writers.sh"

ssi_source=$(cd "$(dirname "$0")/../.." && pwd)

# ---- monitor ----

check_events() {
	await_event '.event == "node-new" and .node == "node1" and .id == 1'
	for channel in control data; do
		await_event ".event == \"link-up\" and .peer == 2 and .channel == \"$channel\""
	done
	await_event '.event == "region-new" and .region == "r0"'
	check "every event has schema and time" \
		jq -es 'all(.[]; .schema == 1 and (.time | test("^20.*T.*[+-]..:..$")))' \
		"$events" >/dev/null
	check "events are of this namespace" \
		jq -es 'all(.[]; .node == "node1")' "$events" >/dev/null
}

# A buffer for a few events, and a monitor that sleeps while more come.
check_lost_events() {
	local pid before
	before=$(cat /proc/sys/net/core/rmem_max 2>/dev/null) ||
		before=$(nsenter -t 1 -n cat /proc/sys/net/core/rmem_max)
	nsenter -t 1 -n sysctl -qw net.core.rmem_max=2304
	start_monitor
	nsenter -t 1 -n sysctl -qw "net.core.rmem_max=$before"
	pid=$(pgrep -nf "^$SSI_BUILD/ssictl monitor")
	kill -STOP "$pid"
	for _ in 1 2 3 4; do
		kill_sockets
		await_links
	done
	kill -CONT "$pid"
	await_event '.event == "lost"'
	kill -INT "$monitor"
	wait "$monitor"
	check "SIGINT ends the monitor with 0" [ $? = 0 ]
}

# ---- JSON ----

kept=0

# valid COMMAND ARGUMENT...: what it prints is to be what its schema says
valid() {
	local command=$1
	shift
	# shellcheck disable=SC2086 # a command is one or two words
	keep "$command" ssictl 0 $command "$@"
}

# keep COMMAND WORD...: for one look at all of them, which takes long to begin
keep() {
	local command=$1
	shift
	{
		echo "$command"
		"$@"
	} >"/run/json.$((++kept))"
}

# What is shown while programs use the region, of which each command knows a part.
keep_all() {
	valid status -j
	valid stats -j --hist
	valid stat -j
	valid "node list" -j
	valid "node show" node1 -j
	valid "region list" -j
	valid "region show" r0 -j
	valid pages r0 -j
	valid pages r0 -j --chunk 0
	valid page r0 0x1000 -j
	valid vm -j
	valid version -j
	valid help -j
	valid showconf
	keep monitor jq -s . "$events"
	keep doctor ssictl 0 doctor -j
}

# While nobody else needs the processors.
check_schemas() {
	check "all JSON is what the schemas say" \
		"$ssi_source/tests/unit/ssictl_schema.py" --files /run/json.*
}

check_nouns() {
	check "vm shows the writers" \
		[ "$(ssictl 0 vm -j | jq '[.vms[] | select(.region == "r0" and .mapped > 0)] | length')" -gt 0 ]
	check "node list shows both nodes" \
		[ "$(ssictl 0 node list -j | jq -c '[.nodes[0].members[] | [.id, .link]]')" = \
			'[[1,"here"],[2,"up"]]' ]
}

# ---- a file ----

check_conf() {
	ssictl 0 showconf >/run/conf.json || die "showconf"
	check "what is there needs no change" \
		[ "$(ssictl 0 apply -f /run/conf.json)" = "nothing to change" ]
	jq '.nodes[0].regions[0].prefetch = 7' /run/conf.json >/run/changed.json
	check "apply tells a change" \
		[ "$(ssictl 0 apply -f /run/changed.json)" = "node node1, region r0: prefetch 7" ]
	check "and makes it" [ "$(ssictl 0 region list -j | jq '.regions[0].prefetch')" = 7 ]
	check "once" [ "$(ssictl 0 apply -f /run/changed.json)" = "nothing to change" ]
	ssictl 0 apply -f /run/conf.json >/dev/null || die "apply"
}

# ---- doctor ----

# examine OPTION...: what the doctor finds with these options; its exit status
examine() {
	findings=$(ssictl 0 doctor -j "$@")
}

# finds HEALTH CHECK...: each of the checks came out so
finds() {
	local health=$1 name got
	shift
	for name in "$@"; do
		got=$(jq -r ".checks[] | select(.check == \"$name\") |
			\"\(.health): \(.text)\"" <<<"$findings")
		check "doctor: $name is $got" [ "${got%%:*}" = "$health" ]
	done
}

check_doctor() {
	local ip
	ip=$(ip_of 0)
	examine --listen "$ip:7100" --secret /run/ssi-secret --share 8M \
		--peer "2=$(ip_of 1):7000"
	check "the doctor finds no failure" [ $? = 0 ]
	finds ok root module netlink tls mtu listen secret memory peer
	finds warn device
	on 0 ip link set eth0 mtu 1500
	examine --listen "$ip:7000" --secret /dev/null --share 1000G \
		--peer "2=$(ip_of 1):7999"
	check "the doctor finds failures" [ $? = 1 ]
	on 0 ip link set eth0 mtu 9000
	finds fail listen secret memory
	finds warn mtu peer
}

# With the rule, udev gives the device to the group.
check_udev() {
	mkdir -p /run/udev/rules.d
	cp "$ssi_source/kmod/60-ssi-mem.rules" /run/udev/rules.d/
	{
		cat /etc/group
		echo "ssi:x:64999:"
	} >/run/group
	mount --bind /run/group /etc/group
	udevadm test --action=add /sys/class/misc/ssi_mem >/run/udev.log 2>&1
	check "udev: $(stat -c '%U:%G %a' /dev/ssi_mem)" \
		[ "$(stat -c '%U:%G %a' /dev/ssi_mem)" = "root:ssi 660" ]
	examine
	finds ok device
}

# ---- agents ----

agent_of() {
	ssictl "$1" status -j | jq '.nodes[0].agent'
}

# kill_agent NODE: as when the kernel is out of memory
kill_agent() {
	local pid
	pid=$(agent_of "$1")
	check "node $1 has an agent: $pid" kill -KILL "$pid"
	await "the agent ends" no_agent "$1"
	check "status says what to do" grep -q "agent: none: .*--adopt" \
		<(ssictl "$1" status)
}

no_agent() {
	[ "$(agent_of "$1")" = null ]
}

links_down() {
	local k
	for k in $(nodes); do
		[ "$(ssictl "$k" status -j | jq '[.nodes[].peers[] |
			select(.control_link == "down" and .data_link == "down")] |
			length')" = 1 ] || return 1
	done
}

# adopt NODE ARG...: as join_all did it
adopt() {
	local k=$1
	shift
	ssictl "$k" join --id "${ID:-$((k + 1))}" --share 32M \
		--listen "$(ip_of "$k"):7000" --secret /run/ssi-secret \
		--peer "$((2 - k))=$(ip_of $((1 - k))):7000" "$@" >/dev/null
}

writes_go_on() {
	check_writers
	(($(stat_sum owner_changes) > changes + 100))
}

# Without its agent a node's links stay down; another agent makes them anew.
check_adoption() {
	kill_agent 1
	refuses "node2 has no agent; with --adopt it gets one" adopt 1
	ID=5 refuses "its id is 2, not 5" adopt 1 --adopt --node node2
	kill_sockets
	await "all links are down" links_down
	await_event '.event == "link-down" and .peer == 2'
	changes=$(stat_sum owner_changes)
	check "node 1 is adopted" adopt 1 --adopt
	await_links
	await "writers go on" writes_go_on
	refuses "it has an agent already, pid $(agent_of 1)" adopt 1 --adopt
}

# ---- the service ----

# service LINE: a command of the unit, as systemd would run it for node1
service() {
	(
		# shellcheck source=ssictl/node.conf
		. /run/node1.conf
		command=$(sed -n "s/^$1=//p" "$ssi_source/ssictl/ssi-node@.service")
		command=${command//%i/node1}
		command=${command//\$\$/\$}
		eval "on 0 env PATH=$SSI_BUILD:$PATH MAINPID=1 $command" >/dev/null
	)
}

# A service whose agent was killed is started again, its node is still there.
check_service() {
	local incarnation
	incarnation=$(ssictl 0 status -j | jq '.nodes[0].incarnation')
	cat >/run/node1.conf <<-END
		ID=1
		LISTEN=$(ip_of 0):7000
		SECRET=/run/ssi-secret
		SHARE=32M
		OPTIONS="--peer 2=$(ip_of 1):7000"
	END
	kill_agent 0
	kill_sockets
	check "the service starts" service ExecStart
	await_links
	check "with the same node" [ "$incarnation" = \
		"$(ssictl 0 status -j | jq '.nodes[0].incarnation')" ]
	refuses "has region r0 open" service ExecStop
}

check_service_end() {
	check "the service stops" service ExecStop
	check "and stops again" service ExecStop
	check "and starts" service ExecStart
	check "and stops at last" service ExecStop
}

# ---- the end ----

# What goes is told as well.
check_last_events() {
	ssictl 0 region delete r0 >/dev/null || die "region delete"
	await_event '.event == "region-del" and .region == "r0"'
	ssictl 1 leave || die "node 1: leave"
	is_gone 1
	check_service_end
	await_event '.event == "node-del" and .node == "node1"'
}

check_unload() {
	unload_module
	wait "$monitor"
	check "the monitor ends with 3 when the module goes" [ $? = 3 ]
}

load_module
"$(dirname "$0")/version.py" || failed=1
start_monitor
join_all --share 32M --hold-us 20
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
check_events
check_doctor
check_udev
check_conf
start_writers
keep_all
check_nouns
check_adoption
check_service
stop_writers
check_sums
check_schemas
stop_monitor
check "SIGTERM ends the monitor with 0" [ $? = 0 ]
check_lost_events
start_monitor
check_last_events
check_unload
exit $failed
