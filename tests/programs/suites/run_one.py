#!/usr/bin/python3
"""run_one.py RESULTS MODULE [PATTERN...]: runs one module of a suite by that suite's own runner. Each test's outcome is
a line in RESULTS: the outcome, a tab, the test's id.

test_x is CPython's (regrtest), and without the tests that match a pattern; twisted.* goes by trial, any other by
unittest.
"""
import os
import sys
import unittest

RESULTS = os.path.abspath(sys.argv[1])
PROCESS = os.getpid()
RESOURCES = "cpu,curses,decimal,largefile,subprocess"  # those that need neither a network nor a screen
MEANS_LOOPBACK = ["test_socketserver"]  # where it asks for a network


def record(outcome, test):
    """At once, for the suite may crash; by a new descriptor, for it may close all. Not what a forked child tells."""
    if os.getpid() == PROCESS:
        with open(RESULTS, "a") as results:
            results.write("%s\t%s\n" % (outcome, test.id()))


class Recorder:
    """Over a suite's own class of results."""

    def addSuccess(self, test, *more):
        record("ok", test)
        super().addSuccess(test, *more)

    def addSkip(self, test, *more):
        record("skip", test)
        super().addSkip(test, *more)

    def addFailure(self, test, *more):
        record("fail", test)
        super().addFailure(test, *more)

    def addError(self, test, *more):
        record("error", test)
        super().addError(test, *more)

    def addSubTest(self, test, subtest, problem):
        if problem:
            record("fail", subtest)
        super().addSubTest(test, subtest, problem)

    def addExpectedFailure(self, test, *more):
        record("expected failure", test)
        super().addExpectedFailure(test, *more)

    def addUnexpectedSuccess(self, test, *more):
        record("unexpected success", test)
        super().addUnexpectedSuccess(test, *more)


def run_cpython(module, left_out):
    from test import libregrtest
    from test.support import testresult

    class Result(Recorder, testresult.RegressionTestResult):
        pass

    testresult.RegressionTestResult = Result
    resources = RESOURCES + ",network" * (module in MEANS_LOOPBACK)
    sys.argv[1:] = ["--fail-env-changed", "--use", resources, "--tempdir", os.getcwd(), module]
    for pattern in left_out:
        sys.argv += ["--ignore", pattern]
    libregrtest.main()


def run_trial(module):
    from twisted.trial import reporter, runner

    class Result(Recorder, reporter.TreeReporter):
        pass

    suite = runner.TestLoader().loadByName(module)
    sys.exit(not runner.TrialRunner(Result, workingDirectory=os.path.abspath("trial")).run(suite).wasSuccessful())


def run_unittest(module):
    class Result(Recorder, unittest.TextTestResult):
        pass

    suite = unittest.defaultTestLoader.loadTestsFromName(module)
    sys.exit(not unittest.TextTestRunner(resultclass=Result).run(suite).wasSuccessful())


if __name__ == "__main__":
    _, _, name, *patterns = sys.argv
    if name.startswith("test_"):
        run_cpython(name, patterns)
    elif name.startswith("twisted."):
        run_trial(name)
    else:
        run_unittest(name)
