#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# What ssictl deploy runs on each machine, as root: deploy.sh VERB ARG...
# The last line on standard error is the reason of a failure; what is printed is
# the result.
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
conf=/etc/ssi-hv

die() {
	echo "$*" >&2
	exit 1
}

has_systemd() {
	[ -d /run/systemd/system ]
}

# What the stage brings has to fit this kernel before anything is replaced.
check_module() {
	release=$(uname -r)
	[ -z "$(find "$1/lib/modules/$release" -name 'ssi_mem.ko*' 2>/dev/null)" ] || return 0
	headers="are not there"
	[ ! -e "/lib/modules/$release/build/Makefile" ] || headers="are there"
	die "no module for its kernel $release is among what was given; its headers $headers:" \
		"make modules_install DESTDIR=STAGE KDIR=/lib/modules/$release/build"
}

# The first thing that tar says is the reason.
unpack() {
	tar "$@" 2>"$scratch/errors" || die "$(grep -m 1 . "$scratch/errors")"
}

# Files alone: what tar is told of a folder it does to / and /usr as well.
copy_files() {
	(cd "$1" && find . ! -type d -print0 >"$scratch/files")
	unpack -C "$1" --null -T "$scratch/files" -cf "$scratch/tar"
	umask 022
	unpack -C / --no-same-owner -xf "$scratch/tar"
}

install_stage() {
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	mkdir "$scratch/stage"
	unpack -C "$scratch/stage" -xzf -
	check_module "$scratch/stage"
	copy_files "$scratch/stage"
	depmod
	if has_systemd; then
		systemd-sysusers
		udevadm control --reload
		systemctl daemon-reload
	fi
	mkdir -p $conf
	echo "installed for kernel $release"
}

take_secret() {
	mkdir -p $conf
	(umask 077 && cat >$conf/secret.new && mv $conf/secret.new $conf/secret)
	echo "the secret is in $conf/secret"
}

load() {
	modprobe ssi_mem
	ssictl version -j
}

# Where this machine was reached, so others may reach it there too.
address() {
	# shellcheck disable=SC2086 # four words
	set -- $SSH_CONNECTION
	case $3 in
	*:*) echo "[$3]" ;;
	*) echo "$3" ;;
	esac
}

has_agent() {
	ssictl status --node "$1" -j 2>/dev/null | grep -q '"agent": *[0-9]'
}

start() {
	[ -f "$conf/$1.conf" ] || die "there is no $conf/$1.conf: ssictl deploy join"
	if has_systemd; then
		systemctl enable --now "ssi-node@$1" ||
			die "$(journalctl -q -n 1 -o cat -t ssictl)"
	elif ! has_agent "$1"; then
		# shellcheck source=/dev/null
		. "$conf/$1.conf"
		# shellcheck disable=SC2086 # several words
		ssictl join --node "$1" --id "$ID" --listen "$LISTEN" --secret "$SECRET" \
			--share "$SHARE" $OPTIONS --adopt >/dev/null
	fi
	echo "node $1 runs"
}

# join NAME ID LISTEN SHARE OPTIONS
join() {
	[ -f $conf/secret ] || die "there is no $conf/secret: ssictl deploy install --secret FILE"
	cat >"$conf/$1.conf" <<-END
		ID=$2
		LISTEN=$3
		SECRET=$conf/secret
		SHARE=$4
		OPTIONS="$5"
	END
	start "$1"
}

stop() {
	if has_systemd; then
		systemctl disable --now "ssi-node@$1"
	fi
	ssictl leave --node "$1" --if-joined
	echo "node $1 has left"
}

# of COMMAND...: its JSON, or null
of() {
	if out=$("$@" 2>/dev/null) || [ -n "$out" ]; then
		echo "$out"
	else
		echo null
	fi
}

facts() {
	at=$(address | tr -d '[]')
	device=$(ip -o addr show | awk -v at="$at/" 'index($4, at) == 1 { print $2; exit }')
	mtu=$(cat "/sys/class/net/$device/mtu" 2>/dev/null || echo 0)
	printf '{"kernel":"%s","time":%s,"mtu":%s,"status":' "$(uname -r)" "$(date +%s%3N)" "$mtu"
	of ssictl status -j
	printf ',"version":'
	of ssictl version -j
	printf ',"doctor":'
	of ssictl doctor -j
	printf '}'
}

[ "$(id -u)" = 0 ] || die "log in as root: modules and services are root's"
case $1 in
install) install_stage ;;
secret) take_secret ;;
load) load ;;
address) address ;;
join) join "$2" "$3" "$4" "$5" "$6" ;;
start) start "$2" ;;
stop) stop "$2" ;;
facts) facts ;;
esac
