#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: litmus tests with a thread on each node, and with all of them
# on one, where what x86 relaxes must be seen. With --broken the module must
# break the rules. usage: litmus.sh ROUNDS [--broken]

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

rounds=$1
litmus=$SSI_BUILD/tests/litmus

load_module
join_all --share 32M --hold-us 20
ssictl 0 region create r0 --size 8M >/dev/null || die "region create"
if [ "${2:-}" = --broken ]; then
	"$litmus" r0 "$LAB_NODES" "$rounds" --broken || failed=1
else
	"$litmus" r0 "$LAB_NODES" "$rounds" || failed=1
	"$litmus" r0 "$LAB_NODES" "$rounds" --together || failed=1
fi
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
exit $failed
