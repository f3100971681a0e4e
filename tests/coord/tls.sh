#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Who may: tokens and certificates over TLS, and what is refused.

# until_true calls functions by their names.
# shellcheck disable=SC2317

. tests/coord/lib.sh
. tests/coord/certs.sh
url=https://127.0.0.1:$(free_port)
cd "$dir" || exit

authority ca
authority stranger
certificate server ca /CN=server
certificate later ca /CN=later
certificate admin ca /OU=admin/CN=alice
certificate reader ca /OU=read/CN=bob
certificate nobody ca /CN=carol
certificate gone ca /OU=admin/CN=dave
certificate other stranger /OU=admin/CN=eve
certificate old ca /OU=admin/CN=frank -1
token=$(openssl rand -hex 32)
(umask 077 && echo "operate node $(digest "$token")" >tokens)

# A list of what was revoked: empty first, then with one of them.
mkdir revoked && : >revoked/index.txt && echo 01 >revoked/crlnumber
cat >ca.conf <<-'END'
	[ca]
	default_ca = it
	[it]
	database = revoked/index.txt
	crlnumber = revoked/crlnumber
	default_md = sha256
	default_crl_days = 2
END
revoke() {
	[ $# = 0 ] || openssl ca -config ca.conf -keyfile ca.key -cert ca.pem -revoke "$1" 2>/dev/null
	openssl ca -config ca.conf -keyfile ca.key -cert ca.pem -gencrl -out crl.pem 2>/dev/null
}
revoke

# ---- what keeps it from starting ----

chmod 640 server.key
cannot() {
	"$program" --listen "${url#*://}" --store sqlite:db "$@" 2>start.log
	[ $? = 1 ]
}
cannot --tls-cert server.pem --tls-key server.key --tokens tokens
check "a key that others can read is refused" $?
chmod 600 server.key
cannot --tls-cert server.pem --tls-key admin.key --tokens tokens
check "a key of another certificate is refused" $?
chmod 644 tokens
cannot --tls-cert server.pem --tls-key server.key --tokens tokens
check "tokens that others can read are refused" $?
chmod 600 tokens

start "$url" --store sqlite:db --create lab --tls-cert server.pem --tls-key server.key \
	--client-ca ca.pem --crl crl.pem --tokens tokens

# code OPTION...: the status of a look at the cluster
code() {
	curl -sS --cacert ca.pem -o answer -w '%{http_code}' --max-time 10 "$@" 2>curl.log
}
as() {
	code --cert "$1.pem" --key "$1.key" "${@:2}"
}

# ---- who may ----

same "health is for everybody" 200 "$(code "$url/health")"
same "nobody may look" 401 "$(code "$url/cluster")"
same "a token may" 200 "$(code -H "Authorization: Bearer $token" "$url/cluster")"
same "a wrong one may not" 401 "$(code -H "Authorization: Bearer ${token}0" "$url/cluster")"
same "nor its digest" 401 "$(code -H "Authorization: Bearer $(digest "$token")" "$url/cluster")"
same "an operator creates no cluster" 403 "$(code -H "Authorization: Bearer $token" \
	-H 'Content-Type: application/json' -d '{"name":"b"}' "$url/cluster")"
same "an administrator's certificate may" 409 "$(as admin -H 'Content-Type: application/json' \
	-d '{"name":"b"}' "$url/cluster")"
same "a reader's may look" 200 "$(as reader "$url/cluster")"
same "and nothing else" 403 "$(as reader -X DELETE "$url/cluster")"
same "one without a role may not" 401 "$(as nobody "$url/cluster")"
same "one of another authority may not" 401 "$(as other "$url/cluster")"
like "that is told" '*certificate: *' "$(jq -r .detail answer)"
same "one that is over may not" 401 "$(as old "$url/cluster")"
same "a bad certificate and a good token are not nobody" 200 \
	"$(as other -H "Authorization: Bearer $token" "$url/cluster")"
same "one that is not revoked yet may" 200 "$(as gone "$url/cluster")"
curl -sS --max-time 5 --tls-max 1.2 --cacert ca.pem "$url/health" >/dev/null 2>&1
[ $? = 35 ]
check "TLS 1.2 is refused" $?
! curl -sS --max-time 5 "http://${url#*://}/health" >/dev/null 2>&1
check "so is plain text" $?

# ---- what changes while it runs ----

serial() {
	openssl s_client -connect "${url#*://}" </dev/null 2>/dev/null |
		openssl x509 -noout -subject
}
curl -sSN --cacert ca.pem -H "Authorization: Bearer $token" --max-time 60 "$url/watch" \
	>stream 2>/dev/null &
stream=$!
pids+=("$stream")
until_true 5 grep -q after stream
revoke gone.pem
cp later.pem server.pem && cp later.key server.key
second=$(openssl rand -hex 32)
echo "operate node $(digest "$second")" >tokens
kill -HUP "$pid"
is_out() {
	[ "$(as gone "$url/cluster")" = 401 ]
}
until_true 5 is_out
check "what was revoked may no longer" $?
like "that is told" '*revoked*' "$(jq -r .detail answer)"
same "others may" 200 "$(as reader "$url/cluster")"
same "a new token may" 200 "$(code -H "Authorization: Bearer $second" "$url/cluster")"
same "the old one may not" 401 "$(code -H "Authorization: Bearer $token" "$url/cluster")"
same "the new certificate is shown" 'subject=CN = later' "$(serial)"
kill -0 "$stream"
check "a stream goes on" $?
echo garbage >tokens
kill -HUP "$pid"
until_true 5 grep -q 'the old ones stay' log
same "what cannot be read changes nothing" 200 \
	"$(code -H "Authorization: Bearer $second" "$url/cluster")"

# ---- what is written down ----

same "no token is in the log" 0 "$(grep -cE "$token|$second" log)"
same "nor in the command line" 0 "$(tr '\0' ' ' <"/proc/$pid/cmdline" | grep -cE "$token|$second")"
[ "$(grep -c ' refused: ' log)" -ge 5 ]
check "strangers are in it" $?
same "and counted" true "$(code -H "Authorization: Bearer $second" "$url/metrics" >/dev/null
	awk '/^ssi_coordinator_refusals_total.problem="unauthorized"/ { print ($2 >= 8 ? "true" : $2) }' answer)"
stop TERM
same "it ends in order" 0 $?
finish
