#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs in the lab: several of these scripts, one after the other.
# usage: several.sh NAME...

for name; do
	echo "-- $name"
	bash "$(dirname "$0")/$name.sh" || exit
done
