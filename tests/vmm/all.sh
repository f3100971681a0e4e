#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every test of the monitor, one after the other, in one lab node.
set -u
failed=0
for case in refuse boot memory reset console pause stuck poison regions; do
	echo "# $case"
	"tests/vmm/$case.sh" || failed=1
done
exit $failed
