"""`waitclose status` as an outsider: it costs the process nothing, says so where it may not look, and believes nothing."""
import fcntl
import os
import pty
import random
import re
import shutil
import struct
import subprocess
import tempfile
import termios
import unittest

from harness import LIBRARY, PYTHON, environment, wait_for
from status_case import COMMAND, QUICK, StatusCase, of, reset, run

NOBODY = 65534
READS = 100
EM_386, EM_X86_64 = 3, 62

# Maps a file under the library's name, and waits.
PRETENDER = """
import mmap, sys
with open(sys.argv[1], "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
print("ready", flush=True)
sys.stdin.read()
"""


class Cost(StatusCase):
    """Of being read a hundred times. The program waits in one system call all the while, and its watcher in another."""

    def asleep(self):
        program = self.program("log=none interval=1h grace=100ms")
        for _ in range(20):
            self.pair(program)[1].close()
        reset(self.pair(program)[1])  # to be asked through a handle
        wait_for("leaks", lambda: self.listed(program.pid)["leaks"] == 21)
        wait_for("rest", lambda: all(self.state(task) == "S" for task in self.tasks(program.pid)))
        self.assertEqual(len(self.tasks(program.pid)), 2)
        return program

    @staticmethod
    def tasks(pid):
        return [int(name) for name in os.listdir("/proc/%d/task" % pid)]

    @staticmethod
    def state(task):
        return of(task, "stat").rpartition(") ")[2][0]

    def spent(self, pid):
        """Of each thread the time on a processor in nanoseconds, how often it ran, and its faults; and what it holds."""
        threads = {task: (of(task, "schedstat").split()[::2], of(task, "stat").rpartition(") ")[2].split()[7:11],
                          re.findall(r"ctxt_switches:\s*(\d+)", of(task, "status"))) for task in self.tasks(pid)}
        return threads, of(pid, "statm"), sorted(os.listdir("/proc/%d/fd" % pid)), of(pid, "maps").count("\n")

    def read_often(self, pid):
        for i in range(READS):
            self.assertEqual(run(*([] if i % 2 else ["--json"]), pid).returncode, 1)

    def test_no_time(self):
        program = self.asleep()
        before = self.spent(program.pid)
        self.read_often(program.pid)
        self.assertEqual(self.spent(program.pid), before)
        program.do("len(kept)")
        self.assertNotEqual(self.spent(program.pid)[0], before[0])  # it would have shown

    def test_no_system_call(self):
        program = self.asleep()
        trace = self.place / "trace"
        tracer = self.start("strace", "-f", "-o", trace, "-p", program.pid, stderr=subprocess.DEVNULL)
        wait_for("both threads", lambda: trace.exists() and len(trace.read_text().splitlines()) == 2)
        before = trace.read_text()
        self.read_often(program.pid)
        self.assertEqual(trace.read_text(), before)
        self.assertEqual(program.do("len(kept)"), 21)
        self.assertGreater(len(trace.read_text()), len(before))  # it would have shown
        self.end(tracer)

    def test_leaves_nothing(self):
        """No file, no handle, nothing in the process's directories."""
        place = self.place / "here"
        place.mkdir()
        program = self.asleep()
        self.assertEqual(run(program.pid, cwd=place, env=environment(preload=False, TMPDIR=str(place))).returncode, 1)
        self.assertEqual(list(place.iterdir()), [])


class Refused(StatusCase):
    def test_other_processes(self):
        for words, message in (([os.getpid()], r"\d+: the library is not in this process"),
                               ([os.getpid(), "--json", "x", "--x"], "unknown option '--x'; try 'waitclose help status'"),
                               ([2**22 + 1], r"\d+: there is no such process"), (["x"], "'x' is no process id"),
                               (["0"], "'0' is no process id"), (["-1"], "unknown option '-1'; try 'waitclose help status'"),
                               (["--x"], "unknown option '--x'; try 'waitclose help status'")):
            with self.subTest(words=words):
                finished = run(*words)
                self.assertEqual((finished.returncode, finished.stdout), (125, ""))
                self.assertRegex(finished.stderr, r"\Awaitclose: %s\n\Z" % message)

    def test_not_begun(self):
        """The loader runs other libraries' constructors before ours."""
        slow = self.place / "slow.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-o", slow, "-"], text=True, check=True,
                       input='#include <unistd.h>\n__attribute__((constructor)) static void wait(void) { pause(); }')
        child = self.start("sleep", "99", env=environment(QUICK, LD_PRELOAD="%s %s" % (LIBRARY, slow)))
        wait_for("the constructor", lambda: str(slow) in of(child.pid, "maps") and " S " in of(child.pid, "stat"))
        finished = run(child.pid)
        self.assertEqual((finished.returncode, finished.stderr),
                         (125, "waitclose: %d: it is only just starting\n" % child.pid))
        self.assertIsNone(self.listed(child.pid))

    def test_somebody_elses(self):
        if os.getuid() != 0:
            return  # we cannot become anybody
        program = self.program()
        with tempfile.TemporaryDirectory(dir="/tmp") as place:
            os.chmod(place, 0o755)
            command = {"command": (shutil.copy(COMMAND, place),), "user": NOBODY, "group": NOBODY, "extra_groups": [],
                       "cwd": place}
            named, listed = run(program.pid, **command), run(**command)
        self.assertEqual((named.returncode, named.stdout), (125, ""))
        self.assertEqual(named.stderr, "waitclose: %d: that takes the rights of a debugger (ptrace(2))\n" % program.pid)
        self.assertRegex(listed.stderr, r"(?m)^waitclose: \d+ process(es)? did not let us look whether the library is in (it|them); "
                         r"that takes the rights of a debugger \(ptrace\(2\)\)$")
        self.assertNotIn(" %d " % program.pid, listed.stdout)

    def test_own_process_that_may_not_be_traced(self):
        """As with Yama, or a process that has said so: it is ours, and closed to us all the same."""
        if os.getuid() != 0:
            return
        command = {"command": ("setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", COMMAND)}
        program = self.program()
        program.do("__import__('ctypes').CDLL(None).prctl(4, 0)")  # PR_SET_DUMPABLE
        self.assertEqual(run(program.pid).returncode, 0)
        finished = run(program.pid, **command)
        self.assertEqual((finished.returncode, finished.stdout), (125, ""))
        self.assertRegex(finished.stderr, r"\Awaitclose: \d+: that takes the rights of a debugger \(ptrace\(2\)\)\n\Z")


class Strangers(StatusCase):
    """Memory that is not as it should be."""

    def changed_library(self, change):
        library = self.place / "libwaitclose.so"
        content = bytearray(LIBRARY.read_bytes())
        change(content)
        library.write_bytes(content)
        return library

    def refused(self, pid, message):
        finished = run(pid)
        self.assertEqual((finished.returncode, finished.stdout), (125, ""))
        self.assertRegex(finished.stderr, r"\Awaitclose: %d: %s\n\Z" % (pid, message))
        listed = run()
        self.assertEqual(listed.returncode, 125)
        self.assertRegex(listed.stdout, r"(?m)^ *%d python3 +\? +\? +\? +\? +%s$" % (pid, message))
        self.assertRegex(self.listed(pid)["unreadable"], r"\A%s\Z" % message)

    def test_another_version(self):
        def raise_layout(content):
            at = content.index(b"waitclos\x01\x00\x00\x00") + 8
            content[at] += 1

        def rename(content):
            at = content.index(b"waitclos\x01\x00\x00\x00") + 16
            content[at:at + 6] = b"9.8.7\x00"

        def hide(content):
            at = content.index(b"\x00waitclose_status\x00")
            content[at + 1] = ord("x")

        for change, message in ((raise_layout, r"its library is \d\S* of another build; this command is \d\S*"),
                                (rename, r"its library is 9\.8\.7 of another build; this command is \d\S*"),
                                (hide, "its library is another version's, and shows nothing of itself")):
            with self.subTest(change=change.__name__):
                program = self.program(env=environment(QUICK, LD_PRELOAD=str(self.changed_library(change))))
                self.refused(program.pid, message)

    def pretend(self, content):
        """A process with this content mapped as if it were the library."""
        def replace(old):
            old[:] = content
        child = self.start(PYTHON, "-c", PRETENDER, self.changed_library(replace), stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, env=environment(preload=False))
        child.stdout.readline()
        return child.pid

    def test_another_machine(self):
        content = bytearray(LIBRARY.read_bytes())
        machine = struct.unpack_from("<H", content, 18)[0]
        other, name = (EM_X86_64, "x86-64") if machine == EM_386 else (EM_386, "i386")
        struct.pack_into("<H", content, 18, other)
        content[4] = 3 - content[4]  # 32 bits, or 64
        self.refused(self.pretend(content), "its library is built for %s, and so must this command be" % name)

    def test_not_a_library(self):
        for content in (b"#!/bin/sh\n", b"\x7fELF", LIBRARY.read_bytes()[:4096], bytes(8192)):
            with self.subTest(content=content[:16]):
                pid = self.pretend(content)
                self.assertEqual(run(pid).returncode, 125)
                self.assertIn("unreadable", self.listed(pid))

    def test_damaged_headers(self):
        """Whatever stands where symbols are looked for: it ends, and soon."""
        whole, dice = LIBRARY.read_bytes(), random.Random(7)
        for _ in range(30):
            content = bytearray(whole)
            for _ in range(20):
                content[dice.randrange(16, 16384)] = dice.randrange(256)
            self.assertIn(run(self.pretend(content)).returncode, (0, 1, 125))

    def test_scribbled_memory(self):
        """What the library keeps, overwritten at random: an answer or a refusal, and no harm to the reader."""
        program = self.program(QUICK + " [port=9] action=close heartbeat=1m:ping")
        for _ in range(4):
            self.half_closed(program)
        self.wait_for_leaks(program.pid, 4)
        base = program.do("[int(line.split('-')[0], 16) for line in open('/proc/self/maps') if 'libwaitclose.so' in line][0]")
        policy, records, pool, tally = self.places(program.pid, base + self.address_of_status())
        dice = random.Random(11)
        os.kill(program.pid, 19)  # nobody is at home to trip over it
        self.addCleanup(os.kill, program.pid, 9)
        answers = set()
        with open("/proc/%d/mem" % program.pid, "r+b", buffering=0) as memory:
            for start, size in ((policy, 8192), (records, 4096), (pool, 1024), (tally, 64)):
                for _ in range(20):
                    kept = os.pread(memory.fileno(), size, start)
                    for _ in range(dice.choice((1, 8, 64))):
                        os.pwrite(memory.fileno(), bytes([dice.choice((0, 1, 2, 127, 128, 255))]), start + dice.randrange(size))
                    answers.add(run("--json", program.pid).returncode)
                    answers.add(run(program.pid).returncode)
                    os.pwrite(memory.fileno(), kept, start)
        self.assertLessEqual(answers, {0, 1, 125})
        self.assertEqual(answers & {1, 125}, {1, 125})  # some was noticed, some could not be

    @staticmethod
    def address_of_status():
        symbols = subprocess.run(["nm", "-D", LIBRARY], capture_output=True, text=True, check=True).stdout
        return int(re.search(r"([0-9a-f]+) \w waitclose_status", symbols)[1], 16)

    @staticmethod
    def places(pid, status):
        """Where the policy, the hints, the suspects and the tally lie (waitclose/status.h)."""
        word = struct.calcsize("P")
        with open("/proc/%d/mem" % pid, "rb", buffering=0) as memory:
            def pointers(at, count):
                return struct.unpack("@%dP" % count, os.pread(memory.fileno(), count * word, at))

            life, hints, sockets, tally = pointers(status + -(-52 // word) * word, 4)
            variables = [pointers(life, 2)[1], pointers(hints, 1)[0], pointers(sockets, 4)[3]]
            return variables[0], pointers(variables[1], 1)[0], pointers(variables[2], 1)[0], tally

    def test_in_a_storm(self):
        """While sockets come and go, leak and heal: each answer is about sockets that there were."""
        program = self.program("log=none grace=1ms interval=1ms")
        program.do("exec('''def storm():\\n"
                   " while True:\\n"
                   "  a = [connect() for _ in range(20)]\\n"
                   "  time.sleep(0.003)\\n"
                   "  for n in a: kept.pop(n).close()\\n"
                   "threading.Thread(target=storm, daemon=True).start()''')")
        accepted = self.start(PYTHON, "-c", "import socket\nlistener = socket.socket(fileno=%d)\n"
                              "while True: listener.accept()[0].close()" % self.listener.fileno(), pass_fds=[self.listener.fileno()])
        leaks = 0
        for _ in range(READS):
            process = self.seen(program.pid)
            leaks += process["leaks"]
            for one in process["sockets"]:
                self.assertRegex(one["site"] if "site" in one else "python3+0x0", r"^python3\+0x")
                self.assertIn(one.get("cause", "eof-unread"), ("eof-unread", "reset-unread", "error-ignored"))
                self.assertLess(one.get("open_s", 0), 60)
        self.assertGreater(leaks, 0)
        self.assertIsNone(program.process.poll())
        self.end(accepted)


    def test_come_and_gone(self):
        """Processes that begin and end while they are read: no trouble, and nothing that is not so."""
        name = "fleeting%d" % os.getpid()
        (self.place / name).symlink_to("/bin/sleep")
        self.start("sh", "-c", "while ./%s 0.002; do :; done" % name, cwd=self.place, env=environment(QUICK))
        seen = reads = 0
        while reads < READS or (not seen and reads < 50 * READS):  # a busy machine meets few of them
            reads += 1
            for one in self.document(status=(0, 125))["processes"]:
                if one["exe"] == name:
                    seen += 1
                    self.assertIn(one.get("watcher"), ("not started yet", "the program is ending"), one)
        self.assertGreater(seen, 0)


class Terminal(StatusCase):
    def on_terminal(self, *words, columns=80, **more):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        child = self.start(COMMAND, "status", *words, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL,
                           env=environment(preload=False, **{"TERM": "xterm", **more}))
        os.close(theirs)
        output = b""
        try:
            while more_output := os.read(ours, 65536):
                output += more_output
        except OSError:  # the other side is gone
            child.wait()
        os.close(ours)
        return output.decode().replace("\r\n", "\n")

    def leaking(self):
        program = self.program()
        number = self.half_closed(program)
        self.wait_for_leaks(program.pid, 1)
        return program.pid, number

    def test_width(self):
        """In two lines each where one is too long; in one where there is room, and in a pipe."""
        pid, number = self.leaking()
        narrow, wide = (self.on_terminal(pid, columns=columns, NO_COLOR="1").split("\n") for columns in (80, 200))
        self.assertEqual([re.sub(r"\d+s", "?", line) for line in wide], [re.sub(r"\d+s", "?", line) for line in run(pid).stdout.split("\n")])
        self.assertRegex(wide[-3], r"^fd State +Cause +Dir Local Address:Port +Peer Address:Port Recv-Q Send-Q Open FIN Idle Site$")
        self.assertRegex(wide[-2], r"^ *%d CLOSE_WAIT eof-unread out \S+ +\S+ +0 +0 +\d+s +\d+s +\d+s python3\+0x\w+$" % number)
        self.assertLessEqual(max(map(len, narrow[2:])), 80)
        self.assertRegex(narrow[-3], r"^ *%d CLOSE_WAIT eof-unread out \S+ +\S+$" % number)
        self.assertRegex(narrow[-2], r"^      Recv-Q 0  Send-Q 0  Open \d+s  FIN \d+s  Idle \d+s  Site python3\+0x\w+$")

    def test_width_of_the_list(self):
        pid, _ = self.leaking()
        narrow = self.on_terminal(columns=60, NO_COLOR="1").split("\n")
        at = next(i for i, line in enumerate(narrow) if line.split()[:1] == [str(pid)])
        self.assertRegex(narrow[at], r"^ *%d python3 +eof-unread 1 +\d+s +0$" % pid)
        self.assertEqual(narrow[at + 1:at + 3], ["        CLOSE_WAIT 1", "        log=none interval=20ms grace=100ms"])
        self.assertRegex(self.on_terminal(columns=300, NO_COLOR="1"), r"\n *%d python3 +eof-unread 1 +\d+s +0 CLOSE_WAIT 1 +log=none" % pid)

    def test_colour(self):
        pid, _ = self.leaking()
        self.assertIn("\x1b[31meof-unread\x1b[0m", self.on_terminal(pid))
        for more in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", self.on_terminal(pid, **more))
        self.assertNotIn("\x1b", run(pid).stdout)


if __name__ == "__main__":
    unittest.main()
