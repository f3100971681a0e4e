# SPDX-License-Identifier: Apache-2.0
"""What QEMU's emulation of AMD virtualization does wrong now and then.

It is told from what a mistake of ours may look like by signs that nothing else
leaves, and counted.
"""

import datetime
import re

import artifacts

INTERRUPTS = 1 << 9
RESUME = 1 << 16
INTERRUPTED_KERNEL = re.compile(
    rb" asm_(?:sysvec_\w+|common_interrupt)\+0x.*\n"
    rb".*RIP: 0010:.*\n"
    rb"(?:.*Code: .*\n)?"
    rb".*EFLAGS: ([0-9a-f]+)")


class Flake(Exception):
    """The emulator's mistake, not ours; the argument says what it did."""


def count(what, directory):
    """Keeps account of flakes across runs; returns how many there were."""
    account = artifacts.LAB_BUILD / "flakes"
    with open(account, "a", encoding="utf-8") as lines:
        lines.write(f"{datetime.datetime.now():%F %T} {what} {directory}\n")
    return len(account.read_text(encoding="utf-8").splitlines())


def delivered_twice(text):
    """Whether a guest's console tells of an interrupt that came twice.

    VMRUN delivers it, but leaves its vector in exception_index, where QEMU's loop
    takes it for an exception if it is interrupted itself just then. So code that
    has interrupts off (IF clear) is interrupted, as no processor does; and the flags
    on the stack have RF, as for an exception, though the first delivery has cleared
    it. A guest dies of that where it has not switched to its kernel's GS yet.
    """
    return any(int(flags, 16) & (RESUME | INTERRUPTS) == RESUME
               for flags in INTERRUPTED_KERNEL.findall(text))
