"""What the tests of real programs share: places, processes that end with the test, events, and an nginx.

WAITCLOSE_BUILD names the directory that holds libwaitclose.so.
"""
import ctypes
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

PROGRAMS = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("WAITCLOSE_BUILD", PROGRAMS.parent.parent / "build")).resolve()
SOURCE = PROGRAMS.parent.parent
COMMAND = BUILD / "waitclose"
LIBRARY = BUILD / "libwaitclose.so"
PYTHON = "/usr/bin/python3"  # Debian's, whatever else is called python3 here
PATIENCE = 60  # seconds, for whatever has to happen

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def end_with_the_test():
    """In a new process: should the test be killed, it does not stay behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def environment(policy=None, preload=True, **more):
    """This one's, without traces of an outer run; with the library, and a policy unless the default is meant."""
    unwanted = ("LD_PRELOAD", "WAITCLOSE", "JAVA_TOOL_OPTIONS", "NODE_OPTIONS")
    result = {name: value for name, value in os.environ.items()
              if name not in unwanted and not name.lower().endswith("_proxy")}
    result["LC_ALL"] = "C"
    if preload:
        result["LD_PRELOAD"] = str(LIBRARY)
    if policy is not None:
        result["WAITCLOSE"] = policy
    result.update(more)
    return result


def wait_for(what, condition):
    """Until the condition gives something true, which is returned."""
    end = time.monotonic() + PATIENCE
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError("waited %d s in vain for %s" % (PATIENCE, what))
        time.sleep(0.01)


def listen():
    """A listening socket on a free port of the loopback, and the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    return listener, listener.getsockname()[1]


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not LIBRARY.is_file():
            raise FileNotFoundError("%s is missing; `make` builds it" % LIBRARY)

    def setUp(self):
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="waitclose-"))
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)

    def start(self, *command, **options):
        """A process that is gone when the test is over."""
        process = subprocess.Popen([str(word) for word in command], preexec_fn=end_with_the_test, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def nginx(self, server):
        """Starts a real nginx with these lines in its server block; its port is free, for we bound it (NGINX= is how
        nginx hands listeners to its successor)."""
        listener, port = listen()
        place = self.place / "nginx"
        place.mkdir()
        user = "user root;" if os.geteuid() == 0 else ""  # nobody else may look into our place
        paths = "".join("%s_temp_path %s;" % (name, name)
                        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (place / "nginx.conf").write_text(
            "daemon off; pid nginx.pid; %s worker_processes 1; events {} http { access_log off; %s "
            "server { listen 127.0.0.1:%d; root html; %s } }\n" % (user, paths, port, server))
        html = place / "html"
        html.mkdir()
        with listener:
            self.start("/usr/sbin/nginx", "-e", place / "error.log", "-p", place, "-c", "nginx.conf",
                       stderr=subprocess.DEVNULL, pass_fds=[listener.fileno()],
                       env=environment(preload=False, NGINX="%d;" % listener.fileno()))
        return port, html


def read_events(log):
    """The events in a JSON log so far; a line that is being written is left for later."""
    try:
        lines = log.read_text().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in lines if line.endswith("\n")]
