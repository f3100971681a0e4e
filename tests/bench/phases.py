# SPDX-License-Identifier: Apache-2.0
"""The steps of a fault, of a trace of the module's tracepoints."""

import pathlib
import re

EVENT = re.compile(r"(\d+): (ssi_\w+):(.*)")
# What ends at an event; the first event begins the fault.
PHASES = {
    "ssi_request_start": "look, open a request",
    "ssi_home_request": "request to the home's worker",
    "ssi_home_decide": "the home decides",
    "ssi_owner_forward": "to the owner's worker",
    "ssi_invalidate": "to the owner's worker",
    "ssi_owner_answer": "owner's mappings",
    "ssi_request_answer": "answer to the requester",
    "ssi_request_ack": "acknowledgment to the requester",
    "ssi_request_complete": "completion",
    "ssi_home_done": "end at the home, if that comes first",
    "ssi_fault_end": "wake-up of the faulting thread",
    "ssi_fault_begin": "the core tries the fault again",
}
SERVED = "the fault is served"
ORDER = tuple(dict.fromkeys([*PHASES.values(), SERVED]))


def faults_in(path):
    """Lists of (time, event, rest), a fault each: until one is served."""
    fault = []
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if not (match := EVENT.match(line)):
            continue
        time, event, rest = int(match.group(1)), match.group(2), match.group(3)
        if not fault and event != "ssi_fault_begin":
            continue
        fault.append((time, event, rest))
        if event == "ssi_fault_end" and "LOCKED" in rest:
            yield fault
            fault = []


def breakdown(path):
    """Mean microseconds of each phase, in the order of a fault."""
    sums, count = {}, 0
    for fault in faults_in(path):
        count += 1
        for (before, _, _), (time, event, rest) in zip(fault, fault[1:]):
            served = event == "ssi_fault_end" and "LOCKED" in rest
            name = SERVED if served else PHASES.get(event, event)
            sums.setdefault(name, []).append(time - before)
    return [{"phase": name, "us": round(sum(times) / count / 1000, 2)}
            for name, times in sums.items()] if count else []
