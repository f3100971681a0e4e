# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For scripts in the lab: a coordinator with TLS on node 0, and the credentials of
# those who ask it, in the folder $credentials, which all nodes see.

credentials=${credentials:-/run/credentials}
coordinator_port=7643

# make_credentials ADDRESS...: of the coordinator
make_credentials() {
	local role names
	names=$(printf ',IP:%s' "$@")
	mkdir -p "$credentials"
	(
		cd "$credentials" || exit
		umask 077
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
			-nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
			-subj /CN=coordinator -addext "subjectAltName=${names#,}" \
			-keyout coordinator.key -out coordinator.csr
		openssl x509 -req -in coordinator.csr -CA ca.pem -CAkey ca.key \
			-CAcreateserial -days 2 -copy_extensions copy -out coordinator.pem
		for role in read operate admin; do
			openssl rand -hex 32 | tr -d '\n' >"$role.token"
			echo "$role $role $(sha256sum <"$role.token" | cut -d ' ' -f 1)"
		done >tokens
	) 2>"$credentials.log" || {
		cat "$credentials.log" >&2
		return 1
	}
}

# ask METHOD PATH [BODY]: the coordinator, as an administrator
ask_coordinator() {
	curl -sS --max-time 30 --cacert "$credentials/ca.pem" -X "$1" \
		-H "Authorization: Bearer $(cat "$credentials/admin.token")" \
		-H 'Content-Type: application/json' ${3:+-d "$3"} "$coordinator$2"
}

# Nothing at all is no answer: jq -e alone takes it for one.
coordinator_answers() {
	[ "$(ask_coordinator GET /readyz 2>/dev/null | jq .ready)" = true ]
}

# start_coordinator ADDRESS STORE: sets $coordinator, its URL
start_coordinator() {
	coordinator=https://$1:$coordinator_port
	(exec on 0 "$SSI_BUILD/ssi-coordinator" --store "sqlite:$2" \
		--listen "$1:$coordinator_port" --tokens "$credentials/tokens" \
		--tls-cert "$credentials/coordinator.pem" \
		--tls-key "$credentials/coordinator.key") \
		>>"$credentials/coordinator.log" 2>&1 &
	# shellcheck disable=SC2034 # read by the scripts
	coordinator_job=$!
}

# What a node asks the coordinator with; "${by_coordinator[@]}" are options of join.
set_coordinator_options() {
	# shellcheck disable=SC2034 # read by the scripts
	by_coordinator=(--coordinator "$coordinator" --ca "$credentials/ca.pem"
		--token-file "$credentials/operate.token")
}
