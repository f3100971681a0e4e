# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Sourced by the rules written in shell.

kernel_tools=$PWD/build/linux-source-6.12
dictionary=/usr/lib/python3/dist-packages/codespell_lib/data/dictionary.txt
export kernel_tools dictionary

# files PATHSPEC...: what git tracks or would track, is still there, and is ours.
files() {
	git ls-files -co --exclude-standard -- "$@" ':!coordinator/web/vendor/*.*s' |
		while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

# scripts INTERPRETER: the files whose first line names it.
scripts() {
	# shellcheck disable=SC2016 # awk expands it
	files . | xargs -d '\n' awk -v name="$1" \
		'FNR == 1 { if (/^#!/ && $0 ~ "[/ ]" name "$") print FILENAME; nextfile }'
}
