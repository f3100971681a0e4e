#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is in contrib for Prometheus and Grafana: rules that promtool takes, alerts
# that fire and do not fire, and queries that find something in what a coordinator
# really tells.

. tests/coord/lib.sh
url=https://127.0.0.1:$(free_port)

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
	-subj /CN=localhost -keyout "$dir/key.pem" -out "$dir/cert.pem" 2>/dev/null
chmod 600 "$dir/key.pem"

# Every counter that the kernel has, under the name that ssictl gives it.
counters() {
	grep -rhoE '\[SSI_MEM_S_[A-Z_]+\] = "[a-z_]+"' ssictl | sed 's/.*"\(.*\)"/\1/' |
		sort -u | jq -R '{ key: ., value: 1000 }' | jq -s from_entries
}

# What an agent of node $1 tells; its one link, to node $2, is in the state $3.
report() {
	local phases='total answer acks wake queue unmap hold serve'
	jq -n --argjson counters "$(counters)" --argjson peer "$2" --arg state "$3" \
		--arg life "$life" --arg phases "$phases" '{
		incarnation: $life,
		stats: ($counters + ({ reserve: 64, used: 512, peak: 600, owned: 400,
			copies: 100, transit: 12, untouched: 0 } |
			with_entries(.key += "_bytes" | .value *= 1048576))),
		times: ($phases | split(" ") |
			map({ phase: ., count: 9, p50_ns: 200000, p99_ns: 900000 })),
		links: [{ peer: $peer, state: $state, tls: true, sockets: 2, unacked: 1,
			answers: 4711, sent_bytes: 65536, received_bytes: 65536 }] }'
}

start "$url" --store "sqlite:$dir/db" --open --create lab --tls-cert "$dir/cert.pem" \
	--tls-key "$dir/key.pem"
curl() {
	command curl --cacert "$dir/cert.pem" --resolve "localhost:${url##*:}:127.0.0.1" "$@"
}
url=https://localhost:${url##*:}
member 0 one
member 1 two
asks 201 POST /regions '{"name":"guest","size":1048576}'
asks 200 POST /nodes/0/lease "$(report 0 1 up)"
asks 200 POST /nodes/1/lease "$(report 1 0 down)"
asks 404 GET /nodes/9
ask GET /metrics >"$dir/metrics"
# The second one tells of the first one, too.
ask GET /metrics >"$dir/metrics"
promtool check metrics <"$dir/metrics"
check "promtool finds nothing wrong with what nodes told" $?

same "it tells when its certificate ends" \
	"$(date -d "$(openssl x509 -enddate -noout -in "$dir/cert.pem" | cut -d = -f 2)" +%s)" \
	"$(sed -n 's/^ssi_coordinator_certificate_expiry_timestamp_seconds //p' "$dir/metrics")"

promtool check rules contrib/prometheus/alerts.yml
check "promtool finds nothing wrong with the alerts" $?
promtool test rules tests/contrib/alerts-test.yml
check "alerts fire where they should, and not beside it" $?
# An expected sample goes on behind the state, in the next line.
same "every alert fires in a test" \
	"$(sed -n 's/^ *- alert: //p' contrib/prometheus/alerts.yml | sort)" \
	"$(sed -n 's/.*alertname="\([A-Za-z]*\)",alertstate="firing",$/\1/p' \
		tests/contrib/alerts-test.yml | sort -u)"
python3 tests/contrib/dashboard.py "$dir/metrics" "$dir"
check "dashboard and alerts ask for what there is" $?
promtool test rules "$dir/dashboard-test.yml"
check "every query of the dashboard finds something" $?
stop TERM
finish
