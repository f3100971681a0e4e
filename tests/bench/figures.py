# SPDX-License-Identifier: Apache-2.0
"""What the bench's raw figures mean: quantiles, the ratios that are promised,
and the ranges in which references are known to be."""

import json
import pathlib

QUANTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999))


def read_row(path):
    """A row as a program of the bench wrote it."""
    head, *samples = pathlib.Path(path).read_text(encoding="utf-8").splitlines()
    return {**json.loads(head), "samples": [int(line) for line in samples]}


def read_rows(output):
    """All rows of a run. Those that were measured by the host's clock, between machines
    that ran at once, are marked: such a figure is another one in the next run."""
    counted = [read_row(path) for path in sorted(pathlib.Path(output).glob("raw/*"))]
    concurrent = [read_row(path) | {"clock": "host"}
                  for path in sorted(pathlib.Path(output).glob("raw-concurrent/*"))]
    return counted + concurrent


def quantile(samples, part):
    """The smallest sample that `part` of all do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, -int(-len(ordered) * part // 1) - 1)]


class Rows:
    """The rows of a run by name; a figure of a row that is missing is None."""

    def __init__(self, rows):
        self.rows = {row["row"]: row for row in rows}

    def at(self, name, part):
        """A quantile in microseconds."""
        samples = self.rows.get(name, {}).get("samples")
        return quantile(samples, part) / 1000 if samples else None

    def p50(self, name):
        """The median in microseconds."""
        return self.at(name, 0.5)

    def rate(self, name):
        """Pages per second."""
        row = self.rows.get(name, {})
        return row["pages"] * 1e9 / row["elapsed_ns"] if row.get("elapsed_ns") else None

    def value(self, name):
        """The figure of a row that has no samples."""
        return self.rows.get(name, {}).get("value")

    def misses(self, name):
        """Percent of a guest's page faults for which something had to come from
        another node."""
        row = self.rows.get(name, {})
        return over(100 * row.get("remote_faults", 0), row.get("faults"))

    def migrations(self, name):
        """Percent of a guest's pages that got another owner, per second."""
        row = self.rows.get(name, {})
        pages = over(100 * row.get("owner_changes", 0), row.get("region_pages"))
        return over(pages, row.get("value"))

    def best_rate(self, *names):
        """The highest of several rates."""
        return max(filter(None, map(self.rate, names)), default=None)

    def swapped_in(self, name, part):
        """Whether a row of swap really swapped in that part of what it touched, but
        for a few pages that were still in the swap cache."""
        row = self.rows.get(name, {})
        return row.get("pswpin", 0) >= 0.9 * part * row.get("pages", 1)


def over(value, reference):
    """A quotient, or None."""
    return value / reference if value is not None and reference else None


def time_over(rows, ours, peer):
    """The rates of two scans, as a ratio of times; the peer must have swapped."""
    return over(rows.rate(peer), rows.rate(ours)) if rows.swapped_in(peer, 0.5) else None


# (row, how to compute it, must, aim, whether it may be at least that)
RATIOS = (
    ("remote read fault p50, two hops, to the softirq floor",
     lambda r: over(r.p50("ours.read"), r.p50("floor.softirq.4k")), 1.25, 1.15, False),
    ("the same, page mapped by a guest at the owner",
     lambda r: over(r.p50("ours.read.guest"), r.p50("floor.softirq.4k")), 1.45, 1.30, False),
    ("three hops, to a ring of three nodes",
     lambda r: over(r.p50("ours.read.3hop"), r.p50("floor.ring3")), 1.30, 1.20, False),
    ("over kernel TLS, to the blocking kernel-TLS ping-pong",
     lambda r: over(r.p50("ours.tls.read"), r.p50("floor.tls.4k")), 1.25, 1.15, False),
    ("remote read fault p50 to the userfaultfd pager's",
     lambda r: over(r.p50("ours.read"), r.p50("peer.pager.random")), 0.75, 0.70, False),
    ("p99 to own p50",
     lambda r: over(r.at("ours.read", 0.99), r.p50("ours.read")), 1.3, 1.15, False),
    ("4 threads random, pages/s to the floor's",
     lambda r: over(r.rate("ours.read.t4"), r.rate("floor.softirq.4k.t4")), 0.80, 0.85, True),
    ("upgrade of a shared page p50 to a 64-byte ping-pong",
     lambda r: over(r.p50("ours.upgrade"), r.p50("floor.softirq.64")), 1.5, 1.25, False),
    ("sequential scan, pages/s to the best peer",
     lambda r: over(r.rate("ours.read.seq"),
                    r.best_rate("peer.nbd.mmap.seq.ra", "peer.nbd.swap.seq.ra")),
     0.8, 0.9, True),
    ("random access, prefetch on to off, pages/s",
     lambda r: over(r.rate("ours.read"), r.rate("ours.read.off")), 0.97, 1.0, True),
    ("first touch p50 to an anonymous-memory fault",
     lambda r: over(r.p50("ours.first"), r.p50("local.anon")), 1.3, 1.15, False),
    ("local refault p50 to shmem's minor fault",
     lambda r: over(r.p50("ours.refault"), r.p50("local.shmem")), 1.0, 0.8, False),
    ("invalidating 7 sharers to 1, links with 1 ms delay",
     lambda r: over(r.p50("ours.invalidate.7"), r.p50("ours.invalidate.1")), 1.3, 1.1, False),
    ("bytes of state per page, 64 MiB fully touched",
     lambda r: r.value("state.page_bytes"), 16, 12, False),
    ("KiB of state per chunk with one page touched",
     lambda r: r.value("state.chunk_kib"), 8.5, 4.5, False),
    ("guest scan of half-remote memory, sequential, to NBD swap, time",
     lambda r: time_over(r, "scan.ours.seq", "scan.swap.seq"), 1.0, 0.85, False),
    ("guest scan of half-remote memory, random, to NBD swap, time",
     lambda r: time_over(r, "scan.ours.random", "scan.swap.random"), 0.75, 0.65, False),
    ("memory of a node without a region, KiB",
     lambda r: r.value("state.node_kib"), 1024, None, False),
    ("wake-ups per second of an idle node",
     lambda r: r.value("state.wakeups"), 0, None, False),
)

# (what, how to compute it, the limit, whether it may be at least that): beyond it a
# reference is too slow to compare with.
RANGES_KERNEL = "6.1."
RANGES = (
    ("softirq floor p50, us", lambda r: r.p50("floor.softirq.4k"), 36.5, False),
    ("blocking floor p50, us", lambda r: r.p50("floor.blocking.4k"), 40, False),
    ("userfaultfd pager p50 to TCP of user space",
     lambda r: over(r.p50("peer.pager.random"), r.p50("floor.user.4k")), 1.5, False),
    ("NBD swap p50, us",
     lambda r: r.p50("peer.nbd.swap.random") if r.swapped_in("peer.nbd.swap.random", 1) else None,
     80, False),
    ("NBD readahead, pages/s", lambda r: r.rate("peer.nbd.mmap.seq.ra"), 70000, True),
)


# (what, how to compute it, the target): what is usually asked of shared memory between
# machines. Shown beside the figures of machines that ran at once; no promises, since
# these machines are emulated.
TARGETS = (
    ("remote read fault, median, us", lambda r: r.p50("concurrent.read"), 100),
    ("remote read fault, p99, us", lambda r: r.at("concurrent.read", 0.99), 500),
    ("misses of a guest that boots, % of its page faults",
     lambda r: r.misses("concurrent.boot.region"), 5),
    ("migrations meanwhile, % of its pages in a second",
     lambda r: r.migrations("concurrent.boot.region"), 1),
)


def holds(value, limit, at_least):
    """Whether a figure keeps a limit; one that is missing does not."""
    if value is None:
        return False
    return value >= limit if at_least else value <= limit


def ratios_of(rows):
    """The promised ratios of a run."""
    return [{"row": name, "value": compute(rows), "must": must, "aim": aim}
            for name, compute, must, aim, _ in RATIOS]


def targets_of(rows):
    """The figures of a run that have a usual target."""
    return [{"what": what, "value": compute(rows), "target": target}
            for what, compute, target in TARGETS]


def met(ratio):
    """Which of its limits a ratio keeps: aim, must, or no."""
    at_least, = (up for name, _, _, _, up in RATIOS if name == ratio["row"])
    if ratio["aim"] is not None and holds(ratio["value"], ratio["aim"], at_least):
        return "aim"
    return "must" if holds(ratio["value"], ratio["must"], at_least) else "no"


def summary_of(rows, name):
    """A row without its samples."""
    row = rows.rows[name]
    summary = {key: value for key, value in row.items()
               if key not in ("row", "samples", "pages", "elapsed_ns")}
    if row["samples"]:
        summary |= {key: round(rows.at(name, part), 3) for key, part in QUANTILES}
    for key, compute in (("misses", rows.misses), ("migrations", rows.migrations)):
        if "faults" in row:
            summary[key] = round(compute(name), 3)
    if rows.rate(name):
        summary["pages_per_s"] = round(rows.rate(name))
    return summary


def summaries_of(rows):
    """All rows without their samples, by name."""
    return {name: summary_of(rows, name) for name in rows.rows}


def load(path):
    """The results of a run."""
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
