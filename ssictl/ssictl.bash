# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of ssictl's command line in bash. What there is to complete is
# read from `ssictl help`, so that it is always what this ssictl can do.

# The synopsis of each command, a line each.
_ssictl_usage() {
	ssictl help 2>/dev/null | sed -n '1d; /^$/q; s/^  ssictl //p'
}

# The synopsis of the command that the words begin with.
_ssictl_command() {
	local line name
	while read -r line; do
		# "region create", without "NAME", "--size" and "[--node".
		name=${line%% [[[:upper:]-]*}
		if [[ "$* " == "$name "* ]]; then
			echo "$line"
			return
		fi
	done < <(_ssictl_usage)
}

# Names that stand behind `WHAT: ` in the output of a command.
_ssictl_names() {
	local what=$1
	shift
	ssictl "$@" 2>/dev/null | sed -n "s/^$what: //p"
}

# What may stand behind the word $1.
_ssictl_values() {
	case $1 in
	--node) compgen -W "$(_ssictl_names node status)" -- "$2" ;;
	--secret | --token-file | --ca | --cert | --key) compgen -f -- "$2" ;;
	delete | extend | set | show | attach | pages) compgen -W "$(_ssictl_names region region list)" -- "$2" ;;
	esac
}

_ssictl() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command candidates
	command=$(_ssictl_command "${COMP_WORDS[@]:1:COMP_CWORD-1}")
	if [[ $word == -* ]]; then
		candidates=$(compgen -W "$(grep -oE -- '--[a-z-]+' <<<"$command") --help" -- "$word")
	elif [[ $command ]]; then
		candidates=$(_ssictl_values "$before" "$word")
	else
		# The word of that number of all commands that begin with the words before.
		candidates=$(compgen -W "$(_ssictl_usage |
			awk -v n="$COMP_CWORD" -v before="${COMP_WORDS[*]:1:COMP_CWORD-1}" '
				n == 1 || index($0, before " ") == 1 { print $n }')" -- "$word")
	fi
	mapfile -t COMPREPLY <<<"$candidates"
	[[ ${COMPREPLY[0]} ]] || COMPREPLY=()
}

complete -F _ssictl ssictl
