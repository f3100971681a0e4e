#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Certificates for nodes: an authority that ssictl makes, invitations that are good
# once, also when the coordinator is killed in between, and what is refused.
# usage: invite.sh sqlite|etcd

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
. tests/coord/etcd.sh

ssictl=$PWD/build/ssictl
url=https://127.0.0.1:$(free_port)
cd "$dir" || exit
store=sqlite:db
if [ "${1-}" = etcd ]; then
	start_etcd
	store=etcd:$etcd_url
fi

# cluster VERB ARGS...: what it says is in said
cluster() {
	"$ssictl" cluster "$@" >said 2>&1
}

cluster init lab --dir pki --id 1
same "init makes an authority" 0 $?
same "its key is for its owner" 600 "$(stat -c %a pki/ca.key)"
before=$(sha256sum pki/*)
! cluster init lab --dir pki
check "and does not write over one" $?
same "which stays as it was" "$before" "$(sha256sum pki/*)"

serve() {
	start "$url" --store "$store" --create lab --tls-cert pki/coordinator.pem \
		--tls-key pki/coordinator.pem --client-ca pki/ca.crt --crl pki/crl.pem \
		--ca-key pki/ca.key
	until_true 20 leads "$url"
}

# as FILE METHOD PATH [BODY]: with a certificate of this file
as() {
	ask "$2" "$3" "${4-}" --cacert pki/ca.crt --cert "$1" >answer
}

refusals() {
	as pki/admin.pem GET /metrics
	awk '/^ssi_coordinator_refusals_total.problem="unauthorized"/ { print $2 }' answer
}

serve
same "nobody was refused yet" 0 "$(refusals)"
cluster invite two --dir pki --coordinator "$url" --id 2 --out two.invite
same "an administrator invites" 0 $?
same "an invitation is for its owner" 600 "$(stat -c %a two.invite)"
! cluster invite two --dir pki --coordinator "$url" --out two.invite
check "and is not written over" $?
cluster invite two --dir pki --coordinator "$url" --id 2 --out new.invite
same "a node is invited again" 0 $?
! cluster join --invite two.invite --dir none
check "then its older invitation counts no more" $?
like "that is told" '*nobody*' "$(cat said)"
mv new.invite two.invite

# ---- once ----

stop KILL
serve
cluster join --invite two.invite --dir two
same "an invitation holds over a kill" 0 $?
same "the node's key is for its owner" 600 "$(stat -c %a two/node.pem)"
like "the certificate names the node" '*name: two*id: 2*state: good*' "$(tr '\n' ' ' <said)"
! cluster join --invite two.invite --dir none
check "it is good once" $?
like "that is told" '*used already*' "$(cat said)"
stop KILL
serve
! cluster join --invite two.invite --dir none
check "also when the coordinator was killed" $?
[ ! -e none ]
check "who is refused gets no folder" $?
same "refusals are counted" 1 "$(refusals)"
token=$(jq -r .token two.invite)
same "a wrong token is refused" 401 "$(as two/node.pem POST /credentials "$(jq -n \
	--arg t "${token//[0-9]/f}" --rawfile r <(openssl req -new -newkey ec -nodes \
	-pkeyopt ec_paramgen_curve:prime256v1 -keyout key -subj /CN=x 2>/dev/null) \
	'{token: $t, request: $r}')"; status)"
same "that is counted, too" 2 "$(refusals)"
[ "$(grep -c ' refused: the token' log)" -ge 4 ]
check "and logged" $?

# ---- who invites ----

cp two/node.pem two/admin.pem
! cluster invite three --dir two --coordinator "$url"
check "a node invites nobody" $?
chmod 644 two.invite
! cluster join --invite two.invite --dir none
check "an invitation that others can read is refused" $?
like "that is told" '*chmod 600*' "$(cat said)"
"$ssictl" cluster invite three --dir pki --coordinator "$url" |
	"$ssictl" cluster join --invite - --dir three >said 2>&1
same "one goes through a pipe" 0 $?
sed 's/"ca":"[^"]*"/"ca":"x"/' <(cluster invite four --dir pki --coordinator "$url"; cat said) \
	>four.invite
chmod 600 four.invite
! cluster join --invite four.invite --dir none
check "one without its authority is refused" $?

# ---- who is who ----

# life FILE ID NAME: registers
life() {
	as "$1" POST /nodes "{\"name\":\"$3\",\"share\":1048576,\"id\":$2}"
	status
}
same "a node registers as itself" 201 "$(life two/node.pem 2 two)"
same "not by another name" 403 "$(life two/node.pem 2 five)"
same "not by another id" 403 "$(life two/node.pem 5 two)"
body="{\"incarnation\":\"$life\",\"address\":\"192.0.2.3:7000\"}"
as three/node.pem POST /nodes/2/endpoint "$body"
same "no other node speaks for it" 403 "$(status)"
as two/node.pem POST /nodes/2/endpoint "$body"
same "it does" 200 "$(status)"
as three/node.pem POST /nodes/2/lease "{\"incarnation\":\"$life\"}"
same "nobody renews its lease" 403 "$(status)"
as two/node.pem POST /nodes/2/lease "{\"incarnation\":\"$life\"}"
same "it does" 200 "$(status)"

# ---- renewed, revoked ----

old=$(openssl x509 -noout -serial -in two/node.pem)
cp two/node.pem old.pem
cluster renew --dir two --coordinator "$url"
same "a certificate is renewed" 0 $?
[ "$old" != "$(openssl x509 -noout -serial -in two/node.pem)" ]
check "it is another one" $?
same "with another key" 2 "$(for pem in old.pem two/node.pem; do
	openssl x509 -noout -pubkey -in $pem | sha256sum; done | sort -u | wc -l)"
cluster revoke --dir pki --cert three/node.pem
same "one is revoked" 0 $?
kill -HUP "$pid"
is_refused() {
	! cluster renew --dir three --coordinator "$url"
}
until_true 5 is_refused
check "it renews nothing" $?
like "that is told" '*revoked*' "$(cat said)"
cluster renew --dir two --coordinator "$url" && cmp -s two/crl.pem pki/crl.pem
check "others learn what is revoked" $?
cluster init other --dir other
cp pki/ca.crt other/ca.crt
! cluster renew --dir other --coordinator "$url"
check "one of another authority renews nothing" $?

same "no token is in the log" 0 "$(grep -c "$token" log)"
same "nor in the store" 0 "$(grep -c "$token" db* 2>/dev/null | awk -F: '{ n += $NF } END { print n + 0 }')"
stop TERM
same "it ends in order" 0 $?
finish
