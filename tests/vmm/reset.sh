#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every way in which a guest resets itself ends the monitor with status 3.
set -u
. tests/vmm/lib.sh

resets() {
	guest 2 "act=reboot $2"
	check "$1: exit status 3" code_is 3
	check "$1: said so" said "$3"
}

resets 'default: real mode reset' '' 'ssi-vmm: guest reset'
resets 'ACPI reset register' 'reboot=a' 'ssi-vmm: guest reset'
resets 'keyboard controller' 'reboot=k' 'ssi-vmm: guest reset'
resets 'triple fault' 'reboot=t' 'ssi-vmm: guest reset (triple fault on vCPU'
# A kernel panic reboots at once (panic=-1).
guest 1 'init=/none rdinit=/none'
check 'panic: exit status 3' code_is 3
finish
