#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: who may open a region. The device is open to all here, so
# that what decides is the region's owner and mode, on every member.
# usage: owner.sh

# shellcheck source=tests/netns/lib.sh
. "$(dirname "$0")/lib.sh"

owner=1001
group=1002
other=1003

# as USER GROUP COMMAND...: without any right of root's
# shellcheck disable=SC2317 # called by may and may_not
as() {
	local user=$1 group=$2
	shift 2
	setpriv --reuid "$user" --regid "$group" --clear-groups "$@"
}

# A program, since setpriv runs no functions: /run/attach [OPTION...] -- COMMAND
# Where the checkout is nobody but its owner may look.
make_attach() {
	install "$SSI_BUILD/ssictl" /run/ssictl
	cat >/run/attach <<-END
		#!/bin/sh
		exec /run/ssictl region attach r0 "\$@"
	END
	chmod 755 /run/attach
}

# may|may_not TEXT COMMAND...
may() {
	local text=$1
	shift
	if "$@" >/run/said 2>&1; then
		echo "ok - $text"
	else
		echo "not ok - $text: $(cat /run/said)"
		failed=1
	fi
}

may_not() {
	local text=$1
	shift
	if "$@" >/run/said 2>&1; then
		echo "not ok - $text, but did"
		failed=1
	elif grep -q "Permission denied" /run/said; then
		echo "ok - $text"
	else
		echo "not ok - $text: $(cat /run/said)"
		failed=1
	fi
}

check_attach() {
	may "the owner attaches" as $owner $other /run/attach -- true
	may "and opens the file by its path" \
		as $owner $other /run/attach -- sh -c 'exec 3<>{}'
	may "the group reads" as $other $group /run/attach --read-only -- \
		sh -c 'exec 3<{}'
	may_not "the group does not write" as $other $group /run/attach -- true
	may_not "nor by way of a read-only descriptor" as $other $group \
		/run/attach --read-only -- sh -c 'exec 3<>{}'
	may_not "others do not read" as $other $other \
		/run/attach --read-only -- true
	may_not "nor as root of a user namespace of their own" \
		as $other $other unshare -Ur /run/attach --read-only -- true
	may "root attaches" /run/attach -- true
	may_not "root without CAP_DAC_OVERRIDE does not" \
		setpriv --bounding-set -dac_override --inh-caps -dac_override \
		/run/attach -- true
	may_not "a descriptor that was inherited can not be opened anew" \
		/run/attach -- setpriv --reuid $other --regid $other \
		--clear-groups sh -c 'exec 3<>{}'
}

check_list() {
	local k saw
	for k in $(nodes); do
		saw=$(ssictl "$k" region list -j |
			jq -r '.regions[0] | "\(.owner) \(.group) \(.mode)"')
		[ "$saw" = "$owner $group 0640" ] || {
			echo "not ok - node $k says: $saw"
			failed=1
		}
	done
	echo "ok - every member tells owner, group and mode"
}

load_module
join_all --share 32M
chmod 666 /dev/ssi_mem
make_attach
ssictl 1 region create r0 --size 4M --owner $owner --group $group \
	--mode 640 >/dev/null || die "region create"
check_list
check_attach
ssictl 1 region delete r0 >/dev/null || die "region delete"
ssictl 0 region create r0 --size 4M >/dev/null || die "region create"
may_not "without being asked, a region is root's" \
	as $other $other /run/attach -- true
may "and that of the group" as $other "$(getent group ssi | cut -d: -f3 |
	grep . || echo 0)" /run/attach -- true
ssictl 0 region delete r0 >/dev/null || die "region delete"
leave_all
unload_module
exit $failed
