"""That the bench runs, and writes what it measured: the quickest of its parts. What they measure is not judged here."""
import json
import math
import subprocess
import unittest

import harness
from harness import BUILD, PROGRAMS, PYTHON

BENCH = PROGRAMS.parent / "bench"
QUICK_PARTS = ("calls", "single_thread", "startup", "churn")


def bench(*words):
    return subprocess.run([PYTHON, "-B", BENCH / "bench.py", *words], env=harness.environment(preload=False),
                          capture_output=True, text=True, timeout=240, check=False)


class Bench(harness.Case):
    def test_its_quick_parts(self):
        figures = self.place / "figures.json"
        done = bench("--quick", "--json", figures, BUILD, *QUICK_PARTS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        tables = json.loads(figures.read_text())["tables"]
        self.assertEqual([table["name"] for table in tables], ["calls", "single_thread", "startup", "memory", "churn"])
        for table in tables:
            self.assertIn(table["title"], done.stdout)
            self.assertTrue([row for row in table["rows"] if row["goal"] and row["met"] is not None], table["title"])
            for row in table["rows"]:
                self.assertIn(row["what"], done.stdout)
                found = [value for value in row["figures"].values() if value is not None]
                self.assertTrue(found and all(math.isfinite(value) for value in found), row)

    def test_every_part_is_there(self):
        done = bench(BUILD, "no-such-part")
        named = done.stderr.rsplit("there are ", 1)[1].strip().split(", ")
        self.assertEqual(done.returncode, 1)
        self.assertLess(set(QUICK_PARTS), set(named))
        for part in named:
            self.assertTrue((BENCH / f"{part}.py").is_file(), part)

    def test_a_call_instruction_by_instruction(self):
        done = bench(BUILD, "explain", "recv")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        files = [line.split()[1] for line in done.stdout.splitlines()]
        self.assertEqual((files[0], files[-1]), ("calls", "calls"))
        self.assertIn("libwaitclose.so", files)
        self.assertIn("libc.so.6", files)


if __name__ == "__main__":
    unittest.main()
