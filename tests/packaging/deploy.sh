#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with two nodes: machines with nothing but an sshd become a
# cluster by ssictl deploy, run on node 0. usage: deploy.sh STAGE
#
# shellcheck disable=SC2317 # functions that check and await call

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/../netns/lib.sh"

stage=$1
deploy=$SSI_BUILD/ssictl
hosts=("root@$(ip_of 0)" "root@$(ip_of 1):2222")

# What a machine of its own would have: a place to install to, /etc, and an sshd.
# All else is read-only here, / and /usr too: what is installed must not touch them.
# Runs on each node.
prepare() {
	cp -a /etc /run/etc
	mount --bind /run/etc /etc
	mkdir /run/local
	mount --bind /run/local /usr/local
	mount -t tmpfs tmpfs /lib/modules
	# A locked account may not log in with a key either.
	sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow
	mkdir -p /run/sshd
	ssh-keygen -q -t ed25519 -N '' -f /run/sshd/key
	cat >/run/sshd/config <<-END
		HostKey /run/sshd/key
		AuthorizedKeysFile $LAB_OUT/key.pub
		PidFile /run/sshd/pid
		UsePAM no
		StrictModes no
		PasswordAuthentication no
		PermitRootLogin prohibit-password
	END
	/usr/sbin/sshd -f /run/sshd/config -p "$1"
	echo "$2 $(cut -d ' ' -f 1-2 /run/sshd/key.pub)" >>"$LAB_OUT/known_hosts"
}

prepare_all() {
	ssh-keygen -q -t ed25519 -N '' -f /run/ssh-key
	cp /run/ssh-key.pub "$LAB_OUT/key.pub"
	prepare 22 "$(ip_of 0)" || die "node 0"
	on 1 bash -c "$(declare -f prepare); prepare 2222 '[$(ip_of 1)]:2222'" || die "node 1"
	cat >/run/ssh-config <<-END
		IdentityFile /run/ssh-key
		UserKnownHostsFile $LAB_OUT/known_hosts
		StrictHostKeyChecking yes
	END
	(umask 077 && head -c 32 /dev/urandom | base64 >/run/secret)
}

# deploys VERB OPTION...: on all machines; what it prints is in $said
deploys() {
	said=$("$deploy" deploy "$1" "${hosts[@]}" --ssh-config /run/ssh-config --timeout 300 \
		"${@:2}" 2>"$LAB_OUT/progress")
	local status=$?
	sed 's/^/  /' <<<"$said" "$LAB_OUT/progress" -
	return $status
}

fails() {
	! "$@"
}

says() {
	[[ $said == *"$1"* ]]
}

both_up() {
	[ "$("$deploy" deploy status "${hosts[@]}" --ssh-config /run/ssh-config --timeout 300 -j \
		2>/dev/null | jq '[.hosts[] | select(.links_up == "1 of 1")] | length')" = 2 ]
}

# finds HEALTH CHECK: on node 1
finds() {
	(($(jq --arg health "$1" --arg check "$2" '[.checks[] |
		select((.host | endswith(":2222")) and .health == $health and .check == $check)] |
		length' <<<"$said") > 0))
}

prepare_all
check "machines without anything are no cluster" fails deploys validate
mkdir -p /run/half/usr
check "a stage without the module is refused" fails deploys install --from /run/half
check "the kernel is named" says "no module for its kernel $(uname -r)"
check "they are installed" deploys install --from "$stage" --secret /run/secret
check "on node 1 too" on 1 test -x /usr/local/sbin/ssictl
check "the secret is root's alone" [ "$(on 1 stat -c %a /etc/ssi-hv/secret)" = 600 ]
check "the module is loaded" deploys load
check "they join" deploys join --share 32M --id 3
await "their links are up" both_up
check "validate finds them well" deploys validate
deploys validate -j >/dev/null
check "they are encrypted" finds ok links
# shellcheck disable=SC2016 # in the other machine's shell
on 1 bash -c 'kill -KILL "$(/usr/local/sbin/ssictl status -j | jq ".nodes[0].agent")"'
check "without an agent a node is not well" fails deploys validate -j
check "that is told" finds fail node
check "it gets another one" deploys start
await "links are up" both_up
check "they leave" deploys stop
check "and are no cluster any more" fails deploys status
exit "$failed"
