#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Members that fall silent are declared dead within three leases, and no others.

. tests/coord/lib.sh
url=http://127.0.0.1:$(free_port)
start "$url" --store "sqlite:$dir/db" --open
tests/coord/death.py "${url##*:}"
check "the dead are found within three leases, and nobody else" $?
same "as many are dead as died" 7 "$(grep -c 'event: node-dead' \
	<(curl -sSN --max-time 2 "$url/watch?revision=1" 2>/dev/null))"
stop TERM
same "and it ends in order" 0 $?
finish
