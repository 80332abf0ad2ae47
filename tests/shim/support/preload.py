"""Runs programs under the preloaded library, in either of the watcher's rooms, and reads what it reports."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

BUILD = Path(os.environ["WAITCLOSE_BUILD"]).resolve()
LIBRARY = BUILD / "libwaitclose.so"
DENY = BUILD / "tests/shim/deny"
ROOMS = ("own", "shared")
CROSS = "/usr/aarch64-linux-gnu"  # where what was built for another machine finds its libc



MACHINES = {3: "i386", 62: "x86_64", 183: "aarch64"}


def machine(program):
    """What an ELF file is built for."""
    return MACHINES[int.from_bytes(Path(program).read_bytes()[18:20], "little")]


def loader(program):
    """The dynamic loader that it names."""
    return re.search(rb"/[\w./-]*/ld[\w.-]*\.so[\w.]*", Path(program).read_bytes())[0].decode()


def is_musl(program):
    return "/ld-musl-" in loader(program)


def holds(condition):
    """Whether a test with this condition is for programs such as BUILD's: native, glibc, or any."""
    if not DENY.exists() or not condition:
        return True
    native = machine(DENY) == machine("/proc/self/exe") and is_musl(DENY) == is_musl("/proc/self/exe")
    return {"native": native, "glibc": not is_musl(DENY)}[condition]


def emulated():
    """What stands before a command that the processor here cannot run."""
    foreign = machine(DENY) == "aarch64" != machine("/proc/self/exe")
    return ["qemu-aarch64", "-L", CROSS] if foreign else []


def libc():
    """The file of the libc that BUILD's programs run with: as their loader says."""
    root = CROSS if emulated() else ""
    listed = finish([*emulated(), root + loader(DENY), "--list", str(DENY)], 30).stdout
    return root + re.search(r"^\s*libc\.\S+ => (?:%s)?(\S+)" % CROSS, listed, re.M)[1]


_running = set()
_lock = threading.Lock()


@dataclass
class Finished:
    """How a program ended. status: as a shell has it, negative for a signal; None: it did not end in time."""

    status: int | None
    stdout: str
    stderr: str
    events: list = field(default_factory=list)

    def of(self, event):
        return [entry for entry in self.events if entry["event"] == event]


def program(name):
    """One of the small programs of tests/shim."""
    return str(BUILD / "tests/shim" / name)


def build_id(path):
    """As the linker has written it."""
    notes = subprocess.run(["readelf", "--notes", path], capture_output=True, text=True, check=True).stdout
    return re.search(r"Build ID: ([0-9a-f]+)", notes)[1]


def clean_environment(**more):
    """Ours, without what would load or steer the library."""
    kept = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "WAITCLOSE", "TEST_EVENTS")}
    return kept | more


def finish(command, timeout, **popen):
    """Runs a command to its end, and whatever shares its output with it; kills all of it when the time is up."""
    options = dict(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    with subprocess.Popen(command, **(options | popen)) as process:
        with _lock:
            _running.add(process.pid)
        try:
            stdout, stderr = process.communicate(timeout=timeout)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            status = None
        finally:
            with _lock:
                _running.discard(process.pid)
    return Finished(status, (stdout or b"").decode(errors="replace"), (stderr or b"").decode(errors="replace"))


def kill_all():
    """Ends every command that is still running."""
    with _lock:
        for group in _running:
            os.killpg(group, signal.SIGKILL)


def command_and_environment(command, policy, room, **more):
    """What to start so that the command runs under the library, in that room."""
    environment = clean_environment(WAITCLOSE=policy, **more)
    if emulated():
        return [*emulated(), "-E", f"LD_PRELOAD={LIBRARY}", *command], environment
    if room == "shared":
        return [str(DENY), str(LIBRARY), *command], environment
    return list(command), environment | {"LD_PRELOAD": str(LIBRARY)}


def run(command, policy, room="own", timeout=30, **popen):
    """Runs a command under the library, with the policy as it stands."""
    command, environment = command_and_environment(command, policy, room)
    return finish(command, timeout, env=environment, **popen)


def run_with_events(command, policy, room="own", timeout=30, awaits=False, **popen):
    """The same, with the events in a log, read back. awaits: the program is told where, and waits for them."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)  # for programs that become another user
        log = Path(directory) / "events"
        policy = f"format=json log={log} {policy}"
        more = {"TEST_EVENTS": str(log)} if awaits else {}
        command, environment = command_and_environment(command, policy, room, **more)
        finished = finish(command, timeout, env=environment, cwd=directory, **popen)
        if log.exists():
            finished.events = [json.loads(line) for line in log.read_text().splitlines()]
    return finished
