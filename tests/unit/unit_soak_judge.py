#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unit test of tests/soak/judge: made-up samples and what it says of them."""

import itertools
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

JUDGE = pathlib.Path(__file__).resolve().parents[1] / "soak/judge"
COUNT = 16

# Of a machine at rest.
SAMPLE = {"rounds": 9, "agent_fds": 30, "agent_kib": 20000, "ssi_job": 100,
          "ssi_msg": 100, "used_bytes": 4000000, "unacknowledged": 3,
          "sessions": 6, "tasks": 120, "unreclaimable_kib": 50000,
          "vmalloc_kib": 30000, "percpu_kib": 1500,
          "available_kib": 1500000}

# More growth in a sixteenth of the time than is tolerated in all of it.
STEPS = {"agent_fds": 1, "agent_kib": 1000, "ssi_job": 50, "ssi_msg": 50,
         "used_bytes": 100000, "unacknowledged": 20, "sessions": 1, "tasks": 4,
         "unreclaimable_kib": 1000, "vmalloc_kib": 500, "percpu_kib": 100,
         "available_kib": -10000}


def series(**change):
    """Samples in which figures grow by so much each time; the others differ
    by one now and then, if they may differ at all."""
    samples = []
    for at in range(COUNT):
        sample = dict(SAMPLE, seconds=60 * at)
        sample["tasks"] += at % 2
        for name, step in change.items():
            sample[name] += at * step
        samples.append(sample)
    return samples


class Judge(unittest.TestCase):
    """Each test runs the program."""

    def judge(self, samples):
        """Exit status, what was printed, and the verdict if there is one."""
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch, "samples.json")
            verdict = pathlib.Path(scratch, "verdict.json")
            path.write_text("".join(json.dumps(sample) + "\n"
                                    for sample in samples), encoding="utf-8")
            done = subprocess.run([sys.executable, JUDGE, path, verdict],
                                  check=False, capture_output=True, text=True)
            self.assertEqual(done.stderr, "")
            written = verdict.exists() and json.loads(
                verdict.read_text(encoding="utf-8"))
        return done.returncode, done.stdout, written

    def test_flat(self):
        """What does not grow passes, every figure judged."""
        status, text, verdict = self.judge(series())
        self.assertEqual(status, 0, text)
        self.assertTrue(text.endswith("soak: ok\n"), text)
        self.assertTrue(verdict["flat"])
        self.assertEqual({figure["figure"] for figure in verdict["figures"]},
                         set(STEPS))

    def test_growing(self):
        """Each figure that grows is named, and no other."""
        for name, step in STEPS.items():
            status, text, verdict = self.judge(series(**{name: step}))
            self.assertEqual(status, 1, name)
            self.assertTrue(text.endswith(f"not flat: {name}\n"), text)
            self.assertFalse(verdict["flat"])

    def test_better(self):
        """What becomes less passes."""
        status, text, _ = self.judge(
            series(**{name: -step for name, step in STEPS.items()}))
        self.assertEqual(status, 0, text)

    def test_one_outlier(self):
        """A single high sample is no growth."""
        samples = series()
        samples[-2]["unreclaimable_kib"] *= 2
        self.assertEqual(self.judge(samples)[0], 0)

    def test_missing(self):
        """A figure that is missing, or no number, fails by its name."""
        broken = itertools.cycle(({}, {"value": None}, {"value": "7"}))
        for name, instead in zip(STEPS, broken):
            samples = series()
            del samples[COUNT // 2][name]
            if instead:
                samples[COUNT // 2][name] = instead["value"]
            status, text, verdict = self.judge(samples)
            self.assertEqual(status, 1, name)
            self.assertIn(f"not in every sample: {name}\n", text)
            self.assertFalse(verdict)

    def test_too_few(self):
        """Seven samples say nothing."""
        status, text, verdict = self.judge(series()[:7])
        self.assertEqual(status, 1)
        self.assertIn("7 samples, 8 are needed", text)
        self.assertFalse(verdict)


if __name__ == "__main__":
    unittest.main()
