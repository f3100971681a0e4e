#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab with three nodes: two of them link by certificates over kernel
# TLS, which are renewed under load; a third one, whose certificate is revoked, is
# refused, and no kernel hears of it.
# usage: certs.sh
#
# shellcheck disable=SC2317 # functions that check, await and refuses call

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/netns/writers.sh
. "$(dirname "$0")/writers.sh"

dir=/run/certs
url=https://$(ip_of 0):7643

# of NODE JQ-EXPRESSION: of the node's status
of() {
	ssictl "$1" status -j | jq -r ".nodes[0]$2"
}

# pki NODE: its folder
pki() {
	echo "$dir/$1"
}

serve() {
	(exec on 0 "$SSI_BUILD/ssi-coordinator" --listen "${url#*://}" --create lab \
		--store sqlite:$dir/db --tls-cert "$(pki 0)/coordinator.pem" \
		--tls-key "$(pki 0)/coordinator.pem" --client-ca "$(pki 0)/ca.crt" \
		--crl "$(pki 0)/crl.pem" --ca-key "$(pki 0)/ca.key") >>$dir/log 2>&1 &
	coordinator=$!
}

serves() {
	[ "$(on 0 curl -sS --max-time 5 --cacert "$(pki 0)/ca.crt" "$url/readyz" |
		jq .ready)" = true ]
}

# invite NODE: to be node K+1; the first one has its certificate already
invite() {
	ssictl 0 cluster invite "node$(($1 + 1))" --id $(($1 + 1)) --dir "$(pki 0)" \
		--coordinator "$url" --out "$dir/invite$1" || die "invite $1"
	[ "$1" = 0 ] || ssictl "$1" cluster join --invite "$dir/invite$1" --dir "$(pki "$1")" \
		>/dev/null || die "node $1: cluster join"
}

# join NODE PEER...: by certificates
join() {
	local k=$1 p peers=()
	shift
	for p; do
		peers+=(--peer "$((p + 1))=$(addr_of "$p")")
	done
	ssictl "$k" join --id $((k + 1)) --listen "$(addr_of "$k")" --share 16M \
		--cert "$(pki "$k")/node.pem" --ca "$(pki "$k")/ca.crt" \
		--crl "$(pki "$k")/crl.pem" "${peers[@]}" >/run/joined || die "node $k: join"
}

# tls_stat NODE NAME: a counter of the kernel's TLS
tls_stat() {
	on "$1" sed -n "s/^$2[[:space:]]*//p" /proc/net/tls_stat
}

proved_by_certificates() {
	local k
	for k in 0 1; do
		[ "$(of "$k" '.peers[] | .transport + " " + .authentication')" = "TLS tls-cert" ] ||
			return
	done
}

# sockets: how many there were at node 0 for its peer
sockets() {
	of 0 '.peers[0].sockets'
}

# comes_back SOCKETS: each channel has another one
comes_back() {
	(($(sockets) >= $1 + 2)) && links_up
}

# cut WHY: every socket; the links are made again
cut() {
	local before
	before=$(sockets)
	kill_sockets
	await "links come back $1" comes_back "$before"
	check_writers
	echo "ok - links come back $1"
}

mkdir -p $dir
load_module
ssictl 0 cluster init lab --id 1 --address "$(ip_of 0)" --dir "$(pki 0)" >/dev/null ||
	die "cluster init"
serve
await "the coordinator serves" serves
for k in 0 1 2; do
	invite $k
done

# ---- two nodes ----

join 0
join 1 0
joined=(0 1)
await_links
check "status tells what proved the links" proved_by_certificates
check "the kernel's TLS carries them" [ "$(tls_stat 0 TlsTxSw)" -ge 2 ]
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
start_writers 0 1

# ---- a third one that is revoked ----

ssictl 0 cluster revoke --dir "$(pki 0)" --cert "$(pki 2)/node.pem" >/dev/null || die "revoke"
ssictl 1 cluster renew --dir "$(pki 1)" --coordinator "$url" >/dev/null || die "renew"
join 2 0 1
check "who is revoked is told so" grep -q 'reason: .*revoked' /run/joined
is_counted() {
	(($(of 0 .refused_credentials) > 0 && $(of 1 .refused_credentials) > 0))
}
await "it is counted" is_counted
echo "ok - it is counted"
check "the reason is told" [ "$(of 1 .last_refusal | grep -c revoked)" = 1 ]
for k in 0 1; do
	check "node $k's kernel knows it not" \
		[ "$(of $k '.peers | map(select(.peer == 3)) | length')" = 0 ]
done
check "nor does its own any peer" [ "$(of 2 '.peers | length')" = 0 ]
ssictl 2 leave --force >/dev/null || die "node 2: leave"

# ---- other files under load ----

cut "with a certificate that was renewed meanwhile"
for k in 0 1; do
	cp "$(pki $k)/node.pem" $dir/old$k.pem
	ssictl $k cluster renew --dir "$(pki $k)" --coordinator "$url" >/dev/null ||
		die "node $k: renew"
	ssictl 0 cluster revoke --dir "$(pki 0)" --cert $dir/old$k.pem >/dev/null ||
		die "node $k: revoke the old one"
done
ssictl 1 cluster renew --dir "$(pki 1)" --coordinator "$url" >/dev/null || die "renew"
sockets_before=$(sockets)
check_writers
check "nothing breaks by that" [ "$(sockets)" = "$sockets_before" ]
cut "after the old certificates were revoked"
cp "$(pki 0)/node.pem" $dir/good.pem
echo garbage >"$(pki 0)/node.pem"
cut "though the new file is none"
check "which is told" [ "$(of 0 .credentials_not_taken | grep -c node.pem)" = 1 ]
cp $dir/good.pem "$(pki 0)/node.pem"
kill -HUP "$(of 0 .agent)"
is_taken() {
	[ "$(of 0 .credentials_not_taken)" = null ]
}
await "SIGHUP takes the good one" is_taken
echo "ok - SIGHUP takes the good one"
cut "and go on"

check "nobody else's bytes came" [ "$(tls_stat 0 TlsDecryptError)" = 0 ]
stop_writers
check_sums
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
kill "$coordinator"
exit $failed
