# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced after lib.sh by tests that need an etcd of one or several members.
: "${dir:?}"

# run_etcd NAME CLIENT PEER CLUSTER: in the background; $! is the process
run_etcd() {
	etcd --name "$1" --data-dir "$dir/etcd-$1" --listen-client-urls "$2" \
		--advertise-client-urls "$2" --listen-peer-urls "$3" \
		--initial-advertise-peer-urls "$3" --initial-cluster "$4" \
		--heartbeat-interval 200 --election-timeout 2000 \
		>>"$dir/etcd-$1.log" 2>&1 &
	pids+=($!)
}

etcd_answers() {
	curl -sS --max-time 5 -d '{"key":"eA=="}' "$1/v3/kv/range" | jq 'has("header")' |
		grep -x true
}

# One member: $etcd_url
start_etcd() {
	local peer
	etcd_url=http://127.0.0.1:$(free_port)
	peer=http://127.0.0.1:$(free_port)
	run_etcd one "$etcd_url" "$peer" "one=$peer"
	until_true 60 etcd_answers "$etcd_url"
}

# Three members: ${etcd_urls[@]}, their processes ${etcd_pids[@]}
start_three_etcd() {
	local i peers=() cluster=
	etcd_urls=() etcd_pids=()
	for i in 0 1 2; do
		etcd_urls+=("http://127.0.0.1:$(free_port)")
		peers+=("http://127.0.0.1:$(free_port)")
		cluster+=,e$i=${peers[i]}
	done
	for i in 0 1 2; do
		run_etcd "e$i" "${etcd_urls[i]}" "${peers[i]}" "${cluster#,}"
		etcd_pids+=($!)
	done
	for i in 0 1 2; do
		until_true 60 etcd_answers "${etcd_urls[i]}"
	done
}
