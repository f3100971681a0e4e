#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: the service as it is installed, under a systemd that is
# booted in namespaces of its own. usage: service.sh STAGE
#
# shellcheck disable=SC2317 # functions that check and await call

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

stage=$1
service=ssi-node@blue

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

check_start_and_stop() {
	check "it starts" systemctl start "$service"
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

check_power_off() {
	systemctl isolate --no-block poweroff.target
	wait "$systemd"
	check "the node left before the end" no_node
}

load_module
install_stage
boot_systemd
check_start_and_stop
check_restart
check_end_by_hand
check_leave_by_hand
check_refused_leave
check_power_off
unload_module
exit $failed
