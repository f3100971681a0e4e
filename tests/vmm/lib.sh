# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by the tests of the monitor, which run in a lab node, from the top
# folder. Output is TAP.

vmm=${VMM:-build/ssi-vmm}
vmm_data=build/tests/vmm
vmm_kernels=(build/kernels/{6.1,6.12}/vmlinuz)
vmm_kernel=${VMM_KERNEL:-${vmm_kernels[0]}}
vmm_scratch=$(mktemp -d)
vmm_log=$vmm_scratch/log
vmm_base='console=ttyS0 quiet panic=-1 mitigations=off'
vmm_count=0
vmm_failed=0
trap 'rm -rf "$vmm_scratch"' EXIT

# check NAME COMMAND...: one TAP line; a failure shows the last guest's output.
check() {
	local name=$1
	shift
	vmm_count=$((vmm_count + 1))
	if "$@"; then
		echo "ok $vmm_count - $name"
	else
		vmm_failed=1
		echo "not ok $vmm_count - $name"
		sed 's/^/# /' "$vmm_log"
	fi
}

finish() {
	echo "1..$vmm_count"
	exit $vmm_failed
}

# guest CPUS WORDS [OPTION...]: runs a guest with WORDS on its command line
# until it ends. Leaves its output in $vmm_log and its exit status in $vmm_code.
guest() {
	local cpus=$1 words=$2
	shift 2
	vmm_code=0
	timeout -s KILL 480 "$vmm" --kernel "$vmm_kernel" --initrd "$vmm_data/initrd" \
		--memory-backend anon --memory 256M --cpus "$cpus" \
		--append "$vmm_base $words" "$@" </dev/null >"$vmm_log" 2>&1 ||
		vmm_code=$?
	tr -d '\r' <"$vmm_log" >"$vmm_log.clean"
	mv "$vmm_log.clean" "$vmm_log"
}

said() {
	grep -qF -- "$1" "$vmm_log"
}

not_said() {
	! said "$1"
}

code_is() {
	[ "$vmm_code" = "$1" ] || { echo "# exit status $vmm_code, not $1"; false; }
}

# await SECONDS COMMAND...: waits until the command succeeds.
await() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# vcpus_run PID: the monitor has started its guest.
vcpus_run() {
	grep -qs vcpu0 /proc/"$1"/task/*/comm
}
