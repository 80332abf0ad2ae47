"""Where a program runs, and who looks at it meanwhile: it never fares worse for us, and leaks are told of if they can be."""

import contextlib
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

QUICK = "grace=100ms interval=20ms"
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
SAID = r"(waitclose: (leak|action|backlog|healed|summary) .*\n)*"


class Unharmed(unittest.TestCase):
    def assert_unharmed(self, finished, leaks=2):
        self.assertEqual((finished.status, finished.stdout), (0, ""), finished.stderr)
        self.assertRegex(finished.stderr, rf"\A{SAID}\Z")
        self.assertEqual(len(re.findall("^waitclose: leak ", finished.stderr, re.M)), leaks, finished.stderr)


class Places(Unharmed):
    def run_where(self, prepared, policy="", room="own"):
        """In a mount namespace of its own, in which a shell has prepared the place."""
        environment = {"LD_PRELOAD": str(preload.LIBRARY), "WAITCLOSE": f"{QUICK} {policy}"}
        started = ["env", *(f"{key}={value}" for key, value in environment.items()), preload.program("eof_ignored")]
        deny = [str(preload.DENY), ""] if room == "shared" else []  # nothing is preloaded into unshare
        command = [*deny, *UNSHARE, "sh", "-ec", prepared + '; exec "$@"', "sh", *started]
        return preload.finish(command, 30, env=preload.clean_environment())

    def assert_unharmed_where(self, prepared):
        if subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            return  # where that is not allowed, nobody gets into this position so
        for room in preload.ROOMS:
            for action in ("report", "close"):
                with self.subTest(room=room, action=action):
                    self.assert_unharmed(self.run_where(prepared, f"action={action}", room))

    def test_no_proc(self):
        self.assert_unharmed_where("mount -t tmpfs none /proc")

    def test_others_are_hidden(self):
        for hidden in (1, 2):
            self.assert_unharmed_where(f"mount -t proc -o hidepid={hidden} none /proc")

    def test_everything_is_read_only(self):
        self.assert_unharmed_where("mount --rbind / /mnt; mount -o remount,bind,ro /mnt; cd /mnt")

    def test_no_action_on_what_others_may_hold(self):
        """Without /proc there is no telling."""
        if subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            said = self.run_where("mount -t tmpfs none /proc", "action=close").stderr
            self.assertEqual(re.findall(r"action=close result=(\S+)", said), ["ENOENT"] * 2)


class Limits(Unharmed):
    def test_little_of_everything(self):
        for limit, value in (
            (resource.RLIMIT_MEMLOCK, 0),
            (resource.RLIMIT_STACK, 128 << 10),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_SIGPENDING, 0),
            (resource.RLIMIT_MSGQUEUE, 0),
            (resource.RLIMIT_NICE, 0),
        ):
            for room in preload.ROOMS:
                with self.subTest(limit=limit, room=room):
                    limited = lambda: resource.setrlimit(limit, (value, value))
                    command = [preload.program("eof_ignored")]
                    self.assert_unharmed(preload.run(command, QUICK, room, preexec_fn=limited))

    def test_no_second_thread(self):
        """The limit holds for users other than root; there is nobody else of this one."""

        def limited():
            resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(1 << 20 | os.getpid())
                os.setuid(1 << 20 | os.getpid())

        with tempfile.TemporaryDirectory(dir="/tmp") as directory:
            os.chmod(directory, 0o755)
            for path in (preload.LIBRARY, preload.program("eof_ignored")):
                shutil.copy(path, directory)
            environment = preload.clean_environment(LD_PRELOAD=f"{directory}/libwaitclose.so", WAITCLOSE=QUICK)
            finished = preload.finish(
                [f"{directory}/eof_ignored"], 30, env=environment, cwd="/", preexec_fn=limited
            )
            if os.getuid() == 0:
                self.assert_unharmed(finished, leaks=0)


class Libc(unittest.TestCase):
    def test_that_lacks_what_we_hook(self):
        """Then the hooks make the calls themselves."""
        environment = preload.clean_environment(
            LD_PRELOAD=f"{preload.LIBRARY}:{preload.program('lacking.so')}", WAITCLOSE="grace=50ms interval=10ms"
        )
        finished = preload.finish([preload.program("every_call")], 30, env=environment)
        self.assertEqual((finished.status, finished.stdout), (0, "unharmed\n"), finished.stderr)
        self.assertRegex(finished.stderr, rf"\A{SAID}\Z")
        self.assertEqual(finished.stderr.count("waitclose: leak "), 3)


PROGRAM = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
held = []
for line in sys.stdin:
    held.append(socket.create_connection(listener.getsockname()))
    listener.accept()[0].close()
"""


@contextlib.contextmanager
def program(room, log):
    """It leaks a connection for each line that it is sent, and ends with its input."""
    command, environment = preload.command_and_environment(
        [sys.executable, "-c", PROGRAM], f"{QUICK} format=json log={log}", room
    )
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


class Visitors(unittest.TestCase):
    def leak(self, process, log, leaks):
        process.stdin.write("\n")
        process.stdin.flush()
        until = time.monotonic() + 30
        while time.monotonic() < until and not (log.exists() and log.read_text().count('"event":"leak"') == leaks):
            time.sleep(0.01)
        self.assertEqual(log.read_text().count('"event":"leak"'), leaks)

    def assert_goes_on_after(self, visit):
        for room in preload.ROOMS:
            with self.subTest(room), tempfile.TemporaryDirectory() as directory:
                log = Path(directory) / "log"
                with program(room, log) as process:
                    self.leak(process, log, 1)
                    visit(process.pid)
                    self.leak(process, log, 2)
                    _, stderr = process.communicate(timeout=30)
                    self.assertEqual((process.returncode, stderr), (0, ""))

    def test_stopped_and_continued(self):
        def visit(process):
            os.kill(process, signal.SIGSTOP)
            os.waitid(os.P_PID, process, os.WSTOPPED | os.WNOWAIT)
            time.sleep(0.3)  # past grace and interval
            os.kill(process, signal.SIGCONT)

        self.assert_goes_on_after(visit)

    def test_debugger(self):
        """It finds a thread that libc does not know of."""

        def visit(process):
            command = ["gdb", "-nx", "-batch", "-p", str(process), "-ex", "thread apply all bt", "-ex", "detach"]
            said = preload.finish(command, 120).stdout
            self.assertIn("Thread 2 ", said)

        self.assert_goes_on_after(visit)

    def test_tracer(self):
        def visit(process):
            with subprocess.Popen(["strace", "-f", "-o", "/dev/null", "-p", str(process)], stderr=subprocess.PIPE) as tracer:
                tracer.stderr.readline()  # it is there
                time.sleep(0.2)
                tracer.terminate()

        self.assert_goes_on_after(visit)


if __name__ == "__main__":
    unittest.main()
