"""What the tests of servers under load share: one run of a server without the library and one under each policy, whose
findings are compared; an independent witness of what is reported; clients that count their errors.

Where we are root, all of it is in a network of its own, with a /run of its own: for sshd's chroot, and all other files.
"""
import contextlib
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import tempfile
import time

import harness
import networks
import witness

# The default, and the most that can be asked for of a server that is not to notice.
POLICIES = {
    "report": "action=report",
    "aggressive": "action=close grace=200ms interval=50ms stack=16 keepalive=60/10/3 user-timeout=30s nodelay=on "
                  "fin-timeout=30 reuseaddr=on recv-timeout=10m send-timeout=10m backlog=1024",
}
LOG = 'format=json summary=on log="%s/%%e-%%p" %s'
MORE = int(os.environ.get("LOAD", "1"))  # how many times as much load, for a longer run by hand
REST = 0.6  # seconds in which nothing is asked: more than the aggressive grace, and a look or two
SPIN = 0.5  # of the rest, on a processor: too much for processes that wait

CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
PR_SET_CHILD_SUBREAPER = 36


def own_machine():
    """A network and a /run that nobody else sees; and whoever loses its parent is ours."""
    networks.call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.geteuid() == 0:
        networks.call("unshare", networks.CLONE_NEWNET | CLONE_NEWNS)
        networks.call("mount", None, b"/", None, MS_REC | MS_PRIVATE, None)
        networks.call("mount", b"none", b"/run", b"tmpfs", 0, b"mode=1777")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        tempfile.tempdir = os.environ["TMPDIR"] = "/run"  # where those who are not root find it too


def free_port():
    """Below those that the kernel gives to clients."""
    while True:
        port = random.randrange(10000, 32000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def children(parent="self"):
    found = []
    for thread in pathlib.Path("/proc/%s/task" % parent).glob("*/children"):
        with contextlib.suppress(OSError):  # it has just ended
            found += map(int, thread.read_text().split())
    return found


def family(pid):
    """A process and all below it."""
    return [pid] + [member for child in children(pid) for member in family(child)]


def processor_time(pids):
    """Seconds that these have spent on a processor, with those of their children that have ended."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Trial:
    """One run of a server and its clients. `found` has to be the same under every policy as without; `complaints` are
    the lines, less numbers, that it may have no more kinds of."""

    def __init__(self, case, name, policy):
        self.case, self.policy = case, policy
        self.keen = policy == POLICIES["aggressive"]  # then leaks are soon told
        self.place = case.place / name
        self.logs = self.place / "events"
        self.logs.mkdir(parents=True)
        for path in case.place, self.place:
            path.chmod(0o755)
        self.logs.chmod(0o1777)
        self.found, self.complaints, self.processes = {}, set(), []

    def environment(self, **more):
        if self.policy is None:
            return harness.environment(preload=False, **more)
        return harness.environment(LOG % (self.logs, self.policy), **more)

    def start(self, *command, env=None, **options):
        """A server, or a client that runs beside. What it says is a complaint."""
        output = self.place / ("output-%d" % len(self.processes))
        with open(output, "wb") as file:
            process = self.case.start(*command, **{"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file,
                                                   "cwd": self.place, "env": self.environment(**(env or {})),
                                                   "start_new_session": True, **options})
        process.output = output
        self.processes.append(process)
        return process

    def serve(self, port, *command, **options):
        """A server that listens there."""
        process = self.start(*command, **options)
        self.await_port(port, process)
        return process

    def await_port(self, port, process=None):
        def there():
            self.case.assertTrue(process is None or process.poll() is None, process and process.output.read_text())
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", port)) == 0
        harness.wait_for("port %d" % port, there)

    def finish(self, process, status=0):
        """A client that ends by itself; what it said."""
        ended, said = process.wait(harness.PATIENCE), process.output.read_text()
        self.case.assertEqual(ended, status, (process.args, said))
        return said

    def run(self, *command, **options):
        return self.finish(self.start(*command, **options))

    def stop(self, process, number=signal.SIGTERM, complaints=""):
        """A server. complaints: which of its lines are, a pattern."""
        process.send_signal(number)
        self.found["status of " + pathlib.Path(process.args[0]).name] = process.wait(harness.PATIENCE)
        self.complain(process.output, complaints)

    def complain(self, path, complaints=""):
        """Lines of a server's own log, without what differs in every run."""
        for line in path.read_text(errors="replace").splitlines():
            if re.search(complaints, line):
                line = line.replace(str(self.place), "PLACE")
                self.complaints.add(re.sub(r"\b0x[0-9a-f]+|\d+", "N", line))

    def count(self, name, number):
        """So many of them have done well, which has to be as without the library."""
        self.found[name] = self.found.get(name, 0) + number

    def rest(self, process):
        """Nothing is asked of it, and so it does nothing: no loop spins."""
        before = processor_time(family(process.pid))
        time.sleep(REST)
        spent = processor_time(family(process.pid)) - before
        self.case.assertLess(spent, SPIN * REST, "%s spins" % process.args[0])

    # What the library has said

    def events(self):
        return [event for log in sorted(self.logs.iterdir()) for event in harness.read_events(log)]

    def loaded(self):
        """The programs that it was in, and which had sockets."""
        return {event["exe"] for event in self.events() if event["event"] == "summary" and event["sockets"]}

    def check_events(self, observer):
        """By default nothing is to be told; with little grace only what is true, and ended only what was told."""
        events = [event for event in self.events() if event["event"] not in ("summary", "healed", "backlog")]
        leaks = {event["cookie"]: event for event in events if event["event"] == "leak"}
        if self.policy == POLICIES["report"]:
            self.case.assertEqual(events, [])
        for leak in leaks.values():
            self.case.assertIsNone(observer.objection(leak), leak)
        for event in events:
            if event["event"] == "action":
                self.case.assertIn(event.get("cookie"), leaks, event)


class Case(harness.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not getattr(Case, "has_own_machine", False):
            Case.has_own_machine = True
            own_machine()

    def compare(self, scenario, programs):
        """The scenario without the library, and under each policy in these programs at least."""
        plain = self.trial("plain", None, scenario)
        for name, policy in POLICIES.items():
            with self.subTest(policy=name):
                trial = self.trial(name, policy, scenario)
                self.assertEqual(trial.found, plain.found)
                self.assertEqual(trial.complaints - plain.complaints, set())
                self.assertLessEqual(set(programs), trial.loaded())

    def trial(self, name, policy, scenario):
        trial, observer = Trial(self, name, policy), witness.Witness()
        try:
            scenario(trial)
            self.nobody_stays()
        finally:
            observer.end()
            for process in trial.processes:
                self.end(process)
            for pid in children():
                os.kill(pid, signal.SIGKILL)
        trial.check_events(observer)
        return trial

    def nobody_stays(self):
        """All that was started has ended, and so have those that it left."""
        def gone():
            for pid in children():
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            return not children()
        try:
            harness.wait_for("the end of all processes", gone)
        except AssertionError:
            self.fail("left behind: %s" % [pathlib.Path("/proc/%d/cmdline" % pid).read_text() for pid in children()])
