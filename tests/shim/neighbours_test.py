"""Other preloaded libraries and sanitizers in the same process, in both orders: the program's result and our events are
the same as without them."""

import glob
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

POLICY = "grace=500ms interval=20ms"
OURS = str(preload.LIBRARY)
SOURCE = Path(__file__).parent / "neighbours.c"
TRUE_SECONDS = 25  # what an age is below, whatever another library makes of the time

TORSOCKS_CONF = "AllowOutboundLocalhost 1\nAllowInbound 1\n"

LIBRARIES = {
    "jemalloc": "/usr/lib/*/libjemalloc.so.2",
    "tcmalloc": "/usr/lib/*/libtcmalloc_minimal.so.4",
    "eatmydata": "/usr/lib/*/libeatmydata.so",
    "keepalive": "/usr/lib/libkeepalive.so.0",
    "faketime": "/usr/lib/*/faketime/libfaketime.so.1",
    "faketimeMT": "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "socket_wrapper": "/usr/lib/*/libsocket_wrapper.so",
    "torsocks": "/usr/lib/*/torsocks/libtorsocks.so",
}

SANITIZERS = {
    "gcc address": ("gcc", "-fsanitize=address"),
    "gcc thread": ("gcc", "-fsanitize=thread"),
    "gcc leak": ("gcc", "-fsanitize=leak"),
    "clang address": ("clang", "-fsanitize=address"),
    "clang thread": ("clang", "-fsanitize=thread"),
}


def library(name):
    (path,) = glob.glob(LIBRARIES[name])
    return path


def run(program, preloaded, awaits=True, **environment):
    """awaits: the program is told where its leaks are, and waits for them."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "events"
        environment = preload.clean_environment(
            WAITCLOSE=f"format=json log={log} {POLICY}", LD_PRELOAD=preloaded, **environment
        )
        if awaits:
            environment["TEST_EVENTS"] = str(log)
        finished = preload.finish([program], 60, env=environment, cwd=directory)
        if log.exists():
            finished.events = [preload.json.loads(line) for line in log.read_text().splitlines()]
        return finished


class Case(unittest.TestCase):
    def assert_unmoved(self, finished):
        self.assertEqual((finished.status, finished.stdout, finished.stderr), (3, "4950 bytes, child 5\n", ""))

    def assert_same_events(self, finished):
        self.assert_unmoved(finished)
        told = {(leak["cause"], leak["dir"]) for leak in finished.of("leak")}
        self.assertEqual(told, {("eof-ignored", "out"), ("eof-unread", "in")})
        self.assertEqual([event["event"] for event in finished.events], ["leak", "leak", "summary"])
        for leak in finished.of("leak"):
            self.assertTrue(0.5 <= leak["fin_s"] <= leak["open_s"] <= TRUE_SECONDS, leak)


class Neighbours(Case):
    def assert_same_in_both_orders(self, *names, first=None, **environment):
        """first: what is found where the other library comes before ours, when not the same."""
        program = preload.program("neighbours")
        orders = [(name, order) for name in names for order in ("ours first", "theirs first")]

        def one(name, order):
            pair = [OURS, library(name)] if order == "ours first" else [library(name), OURS]
            return run(program, ":".join(pair), awaits=not (first and order == "theirs first"), **environment)

        with ThreadPoolExecutor(4) as pool:
            for (name, order), finished in zip(orders, pool.map(lambda pair: one(*pair), orders)):
                with self.subTest(name, order=order):
                    (first if first and order == "theirs first" else self.assert_same_events)(finished)

    def test_memory_files_and_options(self):
        """Naive: dlsym allocates, the allocator reads and re-enters; or a thread of ours in its arenas at exit."""
        self.assert_same_in_both_orders("jemalloc", "tcmalloc", "eatmydata", "keepalive")

    def test_time(self):
        """Naive: ages are a month, or negative; the other library's locks are taken in a hook."""
        self.assert_same_in_both_orders("faketime", "faketimeMT", FAKETIME="+30d")
        self.assert_same_in_both_orders("faketime", FAKETIME="-10d x20")

    def test_sockets(self):
        """Where theirs comes first, it takes libc's calls past us (dlopen), and nothing starts the watcher."""
        with tempfile.NamedTemporaryFile("w") as conf:
            conf.write(TORSOCKS_CONF)
            conf.flush()
            self.assert_same_in_both_orders(
                "socket_wrapper", "torsocks", first=self.assert_unmoved, TORSOCKS_CONF_FILE=conf.name
            )

    def test_sockets_that_are_none(self):
        """What the program takes for TCP are Unix sockets here. Naive: takes its word for it, and acts on it."""
        with tempfile.TemporaryDirectory() as directory:
            for order in (f"{OURS}:{library('socket_wrapper')}", f"{library('socket_wrapper')}:{OURS}"):
                finished = run(preload.program("neighbours"), order, awaits=False, SOCKET_WRAPPER_DIR=directory)
                self.assert_unmoved(finished)
                self.assertEqual(finished.events, [])


class Sanitizers(Case):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        with ThreadPoolExecutor(4) as pool:
            cls.programs = dict(zip(SANITIZERS, pool.map(cls.build, SANITIZERS)))

    @classmethod
    def build(cls, name):
        compiler, option = SANITIZERS[name]
        built = Path(cls.directory.name) / name.replace(" ", "_")
        command = [compiler, "-std=gnu11", "-g", "-O1", "-pthread", f"-I{SOURCE.parent / 'support'}", option]
        subprocess.run([*command, "-o", built, SOURCE], check=True)
        return str(built)

    def test_sanitizers(self):
        """Naive: memory of its own is told of as leaked, its threads race. gcc's address sanitizer wants to be first."""
        asan = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True).stdout
        cases = {name: (program, OURS, {}) for name, program in self.programs.items()}
        cases["gcc address"] = (self.programs["gcc address"], f"{asan.strip()}:{OURS}", {})
        no_order = {"ASAN_OPTIONS": "verify_asan_link_order=0"}
        cases["gcc address, in any order"] = (self.programs["gcc address"], OURS, no_order)
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda case: run(case[0], case[1], **case[2]), cases.values())
            for name, finished in zip(cases, found):
                with self.subTest(name):
                    self.assert_same_events(finished)


if __name__ == "__main__":
    unittest.main()
