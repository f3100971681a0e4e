# SPDX-License-Identifier: Apache-2.0
"""What the rules written in Python share: files, comments, findings."""

import pathlib
import re
import subprocess
import sys

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
# Files of others, as they came.
VENDORED = ":!coordinator/web/vendor/*.*s"
GENERATED = re.compile(r"^kmod/netlink-gen\.[ch]$|^uapi/linux/ssi_mem\.h$")


def files(*pathspecs):
    """Paths that git tracks or would track, as far as they are there and ours."""
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *pathspecs, VENDORED],
        check=True, capture_output=True, text=True).stdout
    return [path for path in out.splitlines() if pathlib.Path(path).is_file()]


def text_of(path):
    """The text of a file; what is no text has no lines."""
    try:
        return pathlib.Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def code_of(path, strings=True):
    """A C file's text without comments, line by line as it was; without
    `strings` their contents go too."""
    def blank(match):
        token = match.group()
        if token[0] == "/":
            return re.sub(r"[^\n]", " ", token)
        return token if strings else '""'
    return TOKEN.sub(blank, text_of(path))


class Findings:
    """Prints what is wrong, and ends the rule with a verdict."""

    def __init__(self):
        self.count = 0

    def add(self, path, line, text):
        """One finding."""
        self.count += 1
        print(f"{path}:{line}: {text}")

    def end(self):
        """Leaves with the rule's exit status."""
        sys.exit(1 if self.count else 0)
