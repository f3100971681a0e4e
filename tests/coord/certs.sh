# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by tests that need certificates: in the folder where they stand.

# authority NAME
authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj "/CN=$1" -keyout "$1.key" -out "$1.pem" 2>/dev/null
}

# certificate NAME AUTHORITY SUBJECT [DAYS [ADDRESS]]
certificate() {
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$3" \
		-addext "subjectAltName=IP:${5:-127.0.0.1}" -keyout "$1.key" -out "$1.csr" 2>/dev/null
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial \
		-days "${4:-2}" -copy_extensions copy -out "$1.pem" 2>/dev/null
	chmod 600 "$1.key"
}

# digest TOKEN: as a file of tokens has it
digest() {
	printf %s "$1" | sha256sum | cut -d ' ' -f 1
}
