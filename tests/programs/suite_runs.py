"""Runs modules of real test suites without the library and with it, in turns, and compares them test by test."""
import fnmatch
import os
import signal
import subprocess
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import harness

PLACE = harness.PROGRAMS / "suites"
SECONDS = 900  # for a module, once
MORE = 2  # rounds, where something differs: what does so without the library too will show it
ALL = "(all)"  # how the module itself ended

# A watcher that has something to do all the time. No reuseaddr: CPython's tests refuse to bind a socket that has it.
KEEN = "grace=200ms interval=50ms"
OPTIONS = ("keepalive=60/10/3 user-timeout=2m linger=1 fin-timeout=30 nodelay=on recv-timeout=5m send-timeout=5m "
           "backlog=512")
PLAIN = "plain"
SHARED = "shared"  # the watcher in the program's own descriptor table, as where the kernel lends it nothing
POLICIES = {
    PLAIN: None,
    "report": KEEN,
    "aggressive": "action=close stack=16 %s %s" % (KEEN, OPTIONS),
    SHARED: "action=close " + KEEN,
}
WITH_LIBRARY = [policy for policy in POLICIES if policy != PLAIN]


class Exempt(NamedTuple):
    """A line of suites/exempt: these tests are not compared."""

    where: str  # policies; `always`; or `never`, where they are not even run
    module: str
    test: str
    reason: str

    def concerns(self, module, test):
        return fnmatch.fnmatchcase(module, self.module) and fnmatch.fnmatchcase(test, self.test)


def read_exempt():
    lines = (line.split(None, 3) for line in (PLACE / "exempt").read_text().splitlines())
    return [Exempt(*line) for line in lines if line and not line[0].startswith("#")]


class Run(NamedTuple):
    """What became of one run of a module: each test's outcome, what the library did, and what was printed."""

    outcomes: dict
    events: Counter
    output: str


def read_outcomes(results):
    """By test; a test that tells more than once (its parts, the same name twice) has all that it told."""
    told = defaultdict(Counter)
    if results.exists():
        for line in results.read_text().splitlines():
            outcome, test = line.split("\t", 1)
            told[test][outcome] += 1
    return {test: " ".join("%s*%d" % pair if pair[1] > 1 else pair[0] for pair in sorted(outcomes.items()))
            for test, outcomes in told.items()}


def read_events(log):
    """How many of which. A suite's forked children may be killed while they write."""
    return Counter(event["event"] for event in harness.read_events(log))


def begin():
    """In a new process: what a shell ignores for what it runs in the background is not ignored."""
    harness.end_with_the_test()
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(command, output, **options):
    """Runs a command to its end, and ends what it leaves behind. How it ended."""
    with output.open("wb") as printed, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed, start_new_session=True,
            preexec_fn=begin, **options) as process:
        try:
            return "exit status %d" % process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            return "no end in %d s" % SECONDS
        finally:
            end_group(process.pid)


def end_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(module, policy, left_out=()):
    """Runs a module once, in a place of its own."""
    with tempfile.TemporaryDirectory(prefix="waitclose-", ignore_cleanup_errors=True) as place:
        place = Path(place)
        os.chmod(place, 0o777)  # some tests become another user
        work, log, results, output = place / "work", place / "events", place / "results", place / "output"
        work.mkdir()
        words = POLICIES[policy] and "log=%s format=json %s" % (log, POLICIES[policy])
        command = [harness.PYTHON, "-B", PLACE / "run_one.py", results, module, *left_out]
        if policy == SHARED:
            command[:0] = [harness.BUILD / "tests/shim/deny", harness.LIBRARY]
        environment = harness.environment(words, policy not in (PLAIN, SHARED), TMPDIR=str(work), HOME=str(work))
        environment = {name: value for name, value in environment.items() if not name.startswith("PYTHON")}
        end = finish(command, output, cwd=work, env=environment)
        return Run(read_outcomes(results) | {ALL: end}, read_events(log), output.read_text(errors="replace"))


class Comparison:
    """A module's runs under each policy."""

    def __init__(self, module):
        self.module = module
        self.exempt = [line for line in read_exempt() if fnmatch.fnmatchcase(module, line.module)]
        self.runs = {policy: [] for policy in POLICIES}

    def go_rounds(self, rounds):
        for _ in range(rounds):
            self.go_round()
        if self.differ():
            for _ in range(MORE):
                self.go_round()
        return self

    def go_round(self):
        left_out = [line.test for line in self.exempt if line.where == "never"]
        for policy, runs in self.runs.items():
            runs.append(run(self.module, policy, left_out))

    def rounds(self):
        return len(self.runs[PLAIN])

    def tests(self):
        return sorted({test for runs in self.runs.values() for one in runs for test in one.outcomes})

    def outcomes(self, policy, test):
        """How often which."""
        return Counter(one.outcomes.get(test, "absent") for one in self.runs[policy])

    def is_exempt(self, policy, test):
        return any({policy, "always"} & set(line.where.split(",")) and line.concerns(self.module, test)
                   for line in self.exempt)

    def differences(self, policy, exempt=False):
        """Tests that came out under this policy as they never did without the library: those to be compared, or those
        exempt. That an exempt one fails is also what the module fails for."""
        found = [test for test in self.tests()
                 if self.outcomes(policy, test).keys() - self.outcomes(PLAIN, test).keys()]
        excused = [test for test in found if self.is_exempt(policy, test)]
        return excused if exempt else [test for test in found if test not in excused and not (excused and test == ALL)]

    def differ(self, exempt=False):
        """The same, under any policy."""
        return sorted({test for policy in WITH_LIBRARY for test in self.differences(policy, exempt)})

    def unsteady(self):
        """Tests that came out in more than one way without the library."""
        return [test for test in self.tests() if len(self.outcomes(PLAIN, test)) > 1]

    def events(self, policy):
        return sum((one.events for one in self.runs[policy]), Counter())

    def describe(self, test):
        """How it came out, policy by policy, how often."""
        return "; ".join("%s: %s" % (policy, ", ".join("%d %s" % (count, outcome) for outcome, count
                                                      in sorted(self.outcomes(policy, test).items())))
                         for policy in POLICIES)
