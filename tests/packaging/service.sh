#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with two nodes: the service and the module as they are
# installed, the service on node 0 under a systemd that is booted in namespaces of
# its own. usage: service.sh STAGE
#
# shellcheck disable=SC2317 # functions that check and await call

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

stage=$1
service=ssi-node@blue

pages=512

# What is installed in /usr/local, and a place for configuration in /etc.
install_stage() {
	cp -a /etc /run/etc
	mount --bind /run/etc /etc || die "mount /etc"
	mount --bind "$stage/usr/local" /usr/local || die "mount /usr/local"
	mkdir /etc/ssi-hv
	(umask 077 && head -c 32 /dev/urandom | base64 >/etc/ssi-hv/secret)
	cat >/etc/ssi-hv/blue.conf <<-END
		ID=7
		LISTEN=$(ip_of 0):7000
		SECRET=/etc/ssi-hv/secret
		SHARE=32M
		OPTIONS="--plain --hold-us 30"
	END
}

# The module alone, unsigned, as depmod knows it.
install_module() {
	mkdir -p /run/root/lib
	cp -a "$stage/lib/modules" /run/root/lib/
	depmod -b /run/root "$(uname -r)" || die "depmod"
	mount --bind /run/root/lib/modules /lib/modules || die "mount /lib/modules"
}

# Only the milestones of the distribution's system, none of its services.
boot_systemd() {
	mkdir /run/units
	cp /usr/lib/systemd/system/*.{target,slice} \
		/usr/lib/systemd/system/systemd-poweroff.service /run/units/
	container=lab SYSTEMD_UNIT_PATH=/run/units:/usr/local/lib/systemd/system \
		unshare --pid --fork --mount --cgroup --mount-proc bash -c '
			mount -t cgroup2 cgroup2 /sys/fs/cgroup
			exec /lib/systemd/systemd --system --unit=basic.target' \
		>/run/systemd.log 2>&1 &
	systemd=$!
	await "systemd runs" is_running
}

# systemd talks to processes of its own namespace only.
systemctl() {
	nsenter -t "$(pgrep -f '^/lib/systemd/systemd --system')" -p -m -C \
		systemctl "$@"
}

is_running() {
	[ "$(systemctl is-system-running 2>/dev/null)" = running ]
}

# is PROPERTY VALUE...: of the service
is() {
	while [ $# -gt 0 ]; do
		[ "$(systemctl show -P "$1" "$service")" = "$2" ] || return 1
		shift 2
	done
}

# of_node KEY: from the status
of_node() {
	ssictl status -j | jq -r ".nodes[0].$1"
}

no_node() {
	[ "$(ssictl status)" = "no node has joined here" ]
}

ssictl() {
	/usr/local/sbin/ssictl "$@"
}

is_loaded() {
	[ -d /sys/module/ssi_mem ]
}

# doctor_says CHECK HEALTH TEXT
doctor_says() {
	[[ $(ssictl doctor -j | jq -r ".checks[] | select(.check == \"$1\") |
		\"\(.health): \(.text)\"") == "$2: "*"$3"* ]]
}

check_start_and_stop() {
	check "the doctor finds the module" \
		doctor_says module ok "installed; join loads it"
	check "and that it may be unsigned" \
		doctor_says signature ok "takes unsigned modules"
	check "it starts" systemctl start "$service"
	check "the module was loaded" is_loaded
	check "the node has the unit's name" [ "$(of_node node)" = blue ]
	check "systemd found the agent" is SubState running
	check "it stops" systemctl stop "$service"
	check "the node left" no_node
	check "and that is no failure" is ActiveState inactive Result success
}

check_restart() {
	local incarnation agent
	systemctl start "$service"
	incarnation=$(of_node incarnation)
	agent=$(of_node agent)
	kill -KILL "$agent"
	await "another agent" is NRestarts 1 SubState running
	check "the agent is another one" [ "$(of_node agent)" != "$agent" ]
	check "the node is the same" [ "$(of_node incarnation)" = "$incarnation" ]
}

# Who ends the agent by hand does not end the node.
check_end_by_hand() {
	local incarnation
	systemctl start "$service"
	incarnation=$(of_node incarnation)
	kill -TERM "$(of_node agent)"
	await "the service notices" is ActiveState inactive
	check "the node is still there" [ "$(of_node incarnation)" = "$incarnation" ]
	check "it gets another agent" systemctl start "$service"
	check "and is the same" [ "$(of_node incarnation)" = "$incarnation" ]
	systemctl stop "$service"
}

check_leave_by_hand() {
	systemctl start "$service"
	ssictl leave || die "leave"
	await "the service notices" is ActiveState inactive
	check "and that is no failure" is Result success
}

# What can not leave stays, and is adopted by the next start.
check_refused_leave() {
	local incarnation
	systemctl start "$service"
	incarnation=$(of_node incarnation)
	ssictl region create r0 --size 4M >/dev/null || die "region create"
	systemctl stop "$service"
	check "a refused leave is a failure" is ActiveState failed
	check "the node has no agent" [ "$(of_node agent)" = null ]
	check "it starts again" systemctl start "$service"
	check "with the same node" [ "$(of_node incarnation)" = "$incarnation" ]
	ssictl region delete r0 || die "region delete"
}

# Node 1, by hand.
peer() {
	on 1 "$SSI_BUILD/ssictl" "$@"
}

is_linked() {
	[ "$(peer status -j | jq '[.nodes[0].peers[] |
		select(.control_link == "up" and .data_link == "up")] | length')" = 1 ]
}

join_peer() {
	cp /etc/ssi-hv/secret /run/ssi-secret
	peer join --id 8 --listen "$(ip_of 1):7000" --secret /run/ssi-secret \
		--peer "7=$(ip_of 0):7000" --share 32M --plain >/dev/null ||
		die "node 1: join"
	await "the nodes have links" is_linked
}

# owns PAGES: of regions, node 0
owns() {
	[ "$(of_node pages_owned)" = "$1" ]
}

is_right_at_peer() {
	[ "$(on 1 "$SSI_BUILD/tests/touch" r1 0 "$pages" check 7)" = \
		"good $pages wrong 0 lost 0" ]
}

# A machine that goes down hands over what only it has.
check_power_off() {
	join_peer
	ssictl region create r1 --size 4M >/dev/null || die "region create"
	"$SSI_BUILD/tests/touch" r1 0 $pages write 7 >/dev/null || die "write"
	check "its pages are on the node that goes" owns $pages
	systemctl isolate --no-block poweroff.target
	wait "$systemd"
	check "the node left before the end" no_node
	check "its pages are at the peer, and right" is_right_at_peer
	check "which is the only member" [ "$(peer region list -j |
		jq -c '.regions[0].members')" = "[8]" ]
	peer region delete r1 >/dev/null || die "region delete"
	peer leave >/dev/null || die "node 1: leave"
}

# What is said once can not be taken back: at the very end.
check_signature() {
	echo 1 >/sys/module/module/parameters/sig_enforce ||
		die "the kernel can not be told to want signatures"
	check "the doctor knows that it may not be unsigned" \
		doctor_says signature warn "takes signed modules only"
	refuses "this kernel takes signed modules only" \
		ssictl join --id 7 --listen "$(ip_of 0):7000" \
		--secret /etc/ssi-hv/secret --share 32M
	check "and nothing is loaded" [ ! -d /sys/module/ssi_mem ]
}

install_stage
install_module
boot_systemd
check_start_and_stop
check_restart
check_end_by_hand
check_leave_by_hand
check_refused_leave
check_power_off
unload_module
check_signature
exit $failed
