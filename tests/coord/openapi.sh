#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The description of the routes, and a coordinator that is new.

. tests/coord/lib.sh
url=http://127.0.0.1:$(free_port)
start "$url" --store "sqlite:$dir/db" --open
tests/coord/openapi.py "$program" "$url"
exit
