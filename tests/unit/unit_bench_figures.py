#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unit test of tests/bench/figures.py, of the verdict of tests/bench/check, and of what
tests/bench/compare leaves out."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BENCH = pathlib.Path(__file__).resolve().parents[1] / "bench"
sys.dont_write_bytecode = True
sys.path.insert(0, str(BENCH))
# pylint: disable=wrong-import-position
import figures
import phases

# Samples of a row, in microseconds, and what else it has.
FAST, SLOW, FLAT = [10] * 99 + [11], [12] * 100, [10] * 100


def row(name, microseconds, rate=100000, **facts):
    """A row with so many pages per second."""
    return {"row": name, "samples": [us * 1000 for us in microseconds],
            "pages": rate, "elapsed_ns": 10**9, **facts}


def good_rows():
    """A run that keeps every promise."""
    names = ("floor.softirq.4k", "floor.blocking.4k", "floor.user.4k", "floor.softirq.64",
             "floor.ring3", "floor.tls.4k", "ours.read", "ours.read.guest", "ours.read.3hop",
             "ours.tls.read", "ours.read.t4", "ours.read.seq", "ours.read.off",
             "ours.upgrade", "ours.first", "ours.refault", "ours.invalidate.1",
             "ours.invalidate.7", "floor.softirq.4k.t4", "peer.nbd.mmap.seq.ra",
             "peer.nbd.swap.seq.ra", "local.anon", "local.shmem")
    rows = [row(name, FAST) for name in names]
    rows += [row("peer.pager.random", [14] * 100)]
    rows += [row("peer.nbd.swap.random", FLAT, pswpin=100000)]
    rows += [row(f"scan.{who}.{order}", FLAT, rate, pswpin=rate)
             for who, rate in (("ours", 100000), ("swap", 60000))
             for order in ("seq", "random")]
    rows += [{"row": f"state.{name}", "value": 0, "samples": []}
             for name in ("page_bytes", "chunk_kib", "node_kib", "wakeups")]
    return {each["row"]: each for each in rows}


def concurrent_row():
    """One by the host's clock, slower than its target."""
    return row("concurrent.read", [700] * 100, clock="host")


def verdict(rows, tamper=None, kernel="6.1.0-56-amd64"):
    """Exit status of check and what it printed."""
    known = figures.Rows(list(rows.values()))
    results = {"rows": list(rows.values()), "kernel": kernel,
               "ratios": figures.ratios_of(known), "targets": figures.targets_of(known),
               "summary": figures.summaries_of(known)}
    if tamper:
        tamper(results)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(results, file)
        file.flush()
        done = subprocess.run([BENCH / "check", file.name], capture_output=True, text=True,
                              check=False)
    return done.returncode, done.stdout


class Quantile(unittest.TestCase):
    """figures.quantile()"""

    def test_nearest_rank(self):
        """The smallest sample that so many do not exceed."""
        samples = list(range(100, 0, -1))
        self.assertEqual(figures.quantile(samples, 0.5), 50)
        self.assertEqual(figures.quantile(samples, 0.99), 99)
        self.assertEqual(figures.quantile(samples, 0.999), 100)
        self.assertEqual(figures.quantile([7], 0.5), 7)


class Verdict(unittest.TestCase):
    """tests/bench/check"""

    def test_good(self):
        """All is kept."""
        status, text = verdict(good_rows())
        self.assertEqual(status, 0, text)

    def fails(self, rows, word, tamper=None):
        """The verdict is no, with a line that has the word."""
        status, text = verdict(rows, tamper)
        self.assertEqual(status, 1, text)
        self.assertTrue(any(line.startswith("FAIL") and word in line
                            for line in text.splitlines()), text)

    def test_missed_must(self):
        """A ratio above its limit, and one below."""
        rows = good_rows()
        rows["ours.tls.read"] = row("ours.tls.read", [13] * 100)
        self.fails(rows, "TLS")
        rows = good_rows()
        rows["ours.read.t4"] = row("ours.read.t4", FAST, 79000)
        self.fails(rows, "4 threads")

    def test_must_without_aim(self):
        """Between the two it is good."""
        rows = good_rows()
        rows["ours.tls.read"] = row("ours.tls.read", SLOW)
        self.assertEqual(verdict(rows)[0], 0)

    def test_missing_row(self):
        """What was not measured is not kept."""
        rows = good_rows()
        del rows["ours.read.off"]
        self.fails(rows, "prefetch")

    def test_slow_reference(self):
        """It would buy green ratios."""
        rows = good_rows()
        rows["floor.softirq.4k"] = row("floor.softirq.4k", [37] * 100)
        self.fails(rows, "softirq floor")
        self.assertEqual(verdict(rows, kernel="6.12.1")[0], 0)

    def test_swap_that_did_not_swap(self):
        """Neither a reference nor a peer."""
        rows = good_rows()
        rows["peer.nbd.swap.random"]["pswpin"] = 3
        rows["scan.swap.seq"]["pswpin"] = 3
        self.fails(rows, "NBD swap p50")
        self.fails(rows, "sequential, to NBD swap")

    def test_wrong_ratio(self):
        """Written is something else than the raw figures say."""
        self.fails(good_rows(), "by the raw figures",
                   lambda results: results["ratios"][0].update(value=0.5))

    def test_wrong_summary(self):
        """The same of a row that is in no ratio, and of one that was not measured."""
        rows = good_rows() | {"concurrent.read": concurrent_row()}
        self.fails(rows, "concurrent.read",
                   lambda results: results["summary"]["concurrent.read"].update(p50=1))
        self.fails(rows, "never.seen",
                   lambda results: results["summary"].update({"never.seen": {"p50": 1}}))

    def test_wrong_target(self):
        """The same of a figure that has a usual target."""
        self.fails(good_rows() | {"concurrent.read": concurrent_row()}, "targets",
                   lambda results: results["targets"][0].update(value=99))

    def test_missed_target(self):
        """It is shown, and fails nothing."""
        status, text = verdict(good_rows() | {"concurrent.read": concurrent_row()})
        self.assertEqual(status, 0, text)
        self.assertIn("median, us: 700, usual target < 100", text)


class Targets(unittest.TestCase):
    """figures.targets_of()"""

    def values(self, *rows):
        """Of a run of these rows."""
        known = figures.Rows(list(rows))
        return [target["value"] for target in figures.targets_of(known)]

    def test_all(self):
        """Microseconds, percent of faults, percent of pages in a second."""
        slow = row("concurrent.read", [50] * 98 + [600] * 2)
        boot = {"row": "concurrent.boot.region", "samples": [], "value": 20, "faults": 5000,
                "remote_faults": 200, "owner_changes": 600, "region_pages": 1000}
        self.assertEqual(self.values(slow, boot), [50, 600, 4, 3])

    def test_none(self):
        """Nothing was measured, and nothing is made up."""
        self.assertEqual(self.values(), [None] * len(figures.TARGETS))


class Clocks(unittest.TestCase):
    """figures.read_rows() and tests/bench/compare"""

    def test_mark(self):
        """What two machines measured says so."""
        with tempfile.TemporaryDirectory() as directory:
            for part, name in (("raw", "a"), ("raw-concurrent", "b")):
                path = pathlib.Path(directory, part)
                path.mkdir()
                (path / name).write_text(f'{{"row": "{name}"}}\n7\n', encoding="utf-8")
            self.assertEqual(figures.read_rows(directory), [
                {"row": "a", "samples": [7]}, {"row": "b", "samples": [7], "clock": "host"}])

    def test_compare(self):
        """A change by the host's clock is none."""
        def run(name, p50):
            return {"commit": name, "summary": {"a": {"p50": p50},
                                                "b": {"p50": p50, "clock": "host"}}}
        with tempfile.TemporaryDirectory() as directory:
            paths = [pathlib.Path(directory, name) for name in ("new", "old")]
            for path, p50 in zip(paths, (20, 10)):
                path.write_text(json.dumps(run(path.name, p50)), encoding="utf-8")
            done = subprocess.run([BENCH / "compare", *paths], capture_output=True, text=True,
                                  check=True)
        self.assertEqual(done.stdout.splitlines(), [
            "old -> new", f"{'a':28} p50 10 -> 20 (+100.0%) WORSE", "0 rows are the same"])


class Phases(unittest.TestCase):
    """phases.breakdown()"""

    def test_two_faults(self):
        """The mean of each step; what comes between faults is left out."""
        trace = "".join(
            f"{at}: ssi_fault_begin: x\n{at + 1000}: ssi_request_start: x\n"
            f"{at + took}: ssi_fault_end: how=RETRY\n{at + took + 500}: ssi_fault_begin: x\n"
            f"{at + took + 1000}: ssi_fault_end: how=LOCKED\n"
            f"{at + took + 1009}: ssi_home_done: x\n"
            for at, took in ((5000, 3000), (20000, 5000)))
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(trace)
            file.flush()
            steps = {step["phase"]: step["us"] for step in phases.breakdown(file.name)}
        self.assertEqual(steps, {
            "look, open a request": 1.0, "wake-up of the faulting thread": 3.0,
            "the core tries the fault again": 0.5, "the fault is served": 0.5})


if __name__ == "__main__":
    unittest.main(verbosity=0)
