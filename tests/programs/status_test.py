"""`waitclose status`: what it says of programs under the library and of their sockets."""
import os
import re
import shutil
import signal
import socket
import subprocess
import unittest

from harness import BUILD, LIBRARY, PYTHON, environment, read_events, wait_for
from status_case import COMMAND, LONG_AGO, QUICK, StatusCase, of, reset, run

DENY = BUILD / "tests/shim/deny"
TLS_1_3_CLOSE_NOTIFY = b"\x17\x03\x03\x00\x13" + 19 * b"x"

C_CLIENT = """
    #include <arpa/inet.h>
    #include <pthread.h>
    #include <stdlib.h>
    #include <unistd.h>
    static int port;
    __attribute__((noinline)) int reach(void)
    {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int made = socket(AF_INET, SOCK_STREAM, 0);
        return connect(made, (struct sockaddr *)&to, sizeof to) == 0 ? made : -1;
    }
    static void *work(void *unused)
    {
        char byte;
        if (reach() >= 0)
            while (read(0, &byte, 1) > 0)
                ;
        exit(unused != 0);
    }
    int main(int count, char **arguments)
    {
        pthread_t thread;
        port = atoi(arguments[1]);
        if (count == 2)
            return work(NULL) != NULL;
        pthread_create(&thread, NULL, work, NULL);
        pthread_exit(NULL);
    }
"""


class Sockets(StatusCase):
    def test_a_leak(self):
        """What the kernel says, what the library says, and what neither knows alone; the same as in the event."""
        log = self.place / "events"
        program = self.program('format=json log="%s" grace=100ms interval=20ms' % log)
        number = self.half_closed(program)
        event = wait_for("the event", lambda: [one for one in read_events(log) if one["event"] == "leak"])[0]
        found = self.socket_of(program.pid, number)
        same = "cause state dir local peer recv_q send_q rx tx site cookie".split()
        self.assertEqual({key: found[key] for key in same}, {key: event[key] for key in same})
        self.assertEqual((found["fds"], found["leak"], found["reported"]), ([number], True, True))
        self.assertEqual(found["peer"], "127.0.0.1:%d" % self.port)
        self.assertRegex(found["site"], r"^%s\+0x[0-9a-f]+$" % re.escape(os.path.basename(PYTHON)))
        for age in ("open_s", "fin_s", "idle_s"):
            self.assertGreaterEqual(found[age], event.get(age, 0.1))
        self.assertLessEqual(found["fin_s"], found["open_s"])

    def test_causes(self):
        program = self.program()
        unread, ignored, data = [self.half_closed(program, data) for data in (b"", b"", b"hello")]
        self.assertEqual(program.do("kept[%d].recv(1)" % ignored), b"")
        closed, ours = self.pair(program)
        reset(ours)
        process = self.wait_for_leaks(program.pid, 3)
        causes = {one["fds"][0]: one["cause"] for one in process["sockets"]}
        self.assertEqual(causes, {unread: "eof-unread", ignored: "eof-ignored", data: "data-unread", closed: "reset-unread"})
        self.assertEqual(process["causes"], {"eof-unread": 1, "eof-ignored": 1, "reset-unread": 1})
        self.assertEqual((process["leaks"], process["states"]), (3, {"CLOSE": 1, "CLOSE_WAIT": 3}))
        young = self.socket_of(program.pid, data)
        self.assertEqual((young["leak"], young["reported"], young["recv_q"]), (False, False, 5))

    def test_in_the_order_of_trouble(self):
        """Leaks, the oldest first; then what is none yet; then what was ended; then the others by number."""
        program = self.program("log=none interval=20ms grace=300ms [cause=eof-ignored] action=close")
        alive = [self.pair(program)[0] for _ in range(2)]
        young, ended = self.half_closed(program, b"data"), self.half_closed(program)
        old = self.half_closed(program)
        program.do("time.sleep(0.2)")
        late = self.half_closed(program)
        program.do("kept[%d].recv(1)" % ended)
        wait_for("an end", lambda: "ended" in self.socket_of(program.pid, ended))
        process = self.wait_for_leaks(program.pid, 3)
        self.assertEqual([one["fds"][0] for one in process["sockets"]], [old, late, young, ended, *alive])

    def test_what_is_well(self):
        program = self.program()
        number, ours = self.pair(program)
        ours.sendall(b"abc")
        program.do("kept.setdefault('l', socket.create_server(('127.0.0.1', 0), backlog=7)) and 0")
        wait_for("data", lambda: self.socket_of(program.pid, number)["recv_q"] == 3)
        process = self.seen(program.pid)
        self.assertEqual((process["leaks"], process["causes"], process["states"]), (0, {}, {"ESTABLISHED": 1, "LISTEN": 1}))
        self.assertNotIn("oldest_s", process)
        listens = next(one for one in process["sockets"] if one["state"] == "LISTEN")
        self.assertEqual((listens["queue"], listens["limit"], listens["leak"]), (0, 7, False))
        for one in process["sockets"]:
            self.assertFalse({"cause", "fin_s"} & one.keys())
        self.assertEqual(run(program.pid).returncode, 0)

    def test_several_numbers(self):
        program = self.program()
        number, ours = self.pair(program)
        twin = program.do("kept.setdefault('twin', kept[%d].dup()).fileno()" % number)
        ours.close()
        self.assertEqual(self.wait_for_leaks(program.pid, 1)["sockets"][0]["fds"], [number, twin])
        self.assertRegex(run(program.pid).stdout, r"(?m)^ *%d,%d CLOSE_WAIT +eof-unread " % (number, twin))

    def test_close_notify(self):
        program = self.program()
        number = self.half_closed(program, TLS_1_3_CLOSE_NOTIFY)
        self.assertTrue(self.wait_for_leaks(program.pid, 1)["sockets"][0]["tls_close_notify"])
        self.assertIn(" eof-unread, TLS close_notify ", run(program.pid).stdout)
        self.assertEqual(program.do("kept[%d].recv(99)" % number), TLS_1_3_CLOSE_NOTIFY)

    def test_ended(self):
        for action in ("fin", "reset", "close"):
            with self.subTest(action=action):
                program = self.program(QUICK + " action=" + action)
                number = self.half_closed(program)
                found = wait_for("an end", lambda: (one := self.socket_of(program.pid, number)) and "ended" in one and one)
                self.assertEqual((found["ended"], found["leak"], found["cause"], found["peer"]),
                                 (action, False, "eof-unread", "127.0.0.1:%d" % self.port))
                process = self.listed(program.pid)
                self.assertEqual((process["leaks"], process["since_start"]["acted"]), (0, 1))
                self.assertRegex(run(program.pid).stdout, r"(?m)^ *%d \S+ +eof-unread, %s " % (number, action))
                self.assertEqual(run(program.pid).returncode, 0)

    def test_reused_number(self):
        """What is known of the socket before is not said of the one that has its number now."""
        program = self.program()
        number = self.half_closed(program)
        self.wait_for_leaks(program.pid, 1)
        program.do("os.close(kept[%d].detach())" % number)
        again, _ = self.pair(program)
        self.assertEqual(again, number)
        found = wait_for("the new one", lambda: self.socket_of(program.pid, number))
        self.assertEqual((found["leak"], found["state"], found.get("cause")), (False, "ESTABLISHED", None))

    def test_where_we_may_not_ask(self):
        """As under Docker's default seccomp profile: what is in CLOSE is known from the library alone."""
        program = self.program()
        number, ours = self.pair(program)
        reset(ours)
        whole, = self.wait_for_leaks(program.pid, 1)["sockets"]
        denied = {"command": (DENY, LIBRARY, COMMAND)}
        found = self.socket_of(program.pid, number, **denied)
        same = "leak reported cause state dir local peer site cookie".split()
        self.assertEqual({key: found[key] for key in same}, {key: whole[key] for key in same})
        self.assertNotIn("recv_q", found)
        program.do("kept.setdefault('new', socket.socket()) and 0")  # in no list, and no suspect either
        self.assertRegex(run(program.pid, **denied).stderr,
                         r"\Awaitclose: %d: 1 socket may be in CLOSE, and we may not ask \(pidfd_getfd\(2\)\)\n\Z" % program.pid)

    def test_another_network(self):
        """Where the kernel's list of our own does not reach."""
        if os.getuid() != 0:
            return  # nobody else gets one so easily
        program = self.program(before=("unshare", "-n"))
        program.do("os.system('ip link set lo up')")
        number = program.do("kept.setdefault('l', socket.create_server(('127.0.0.1', 0))) and "
                            "kept.setdefault('c', socket.create_connection(kept['l'].getsockname())) and "
                            "(kept['l'].accept()[0].close() or kept['c'].fileno())")
        self.assertEqual(self.wait_for_leaks(program.pid, 1)["sockets"][0]["fds"], [number])


class Processes(StatusCase):
    def test_its_line(self):
        program = self.program(QUICK + " [port=9] action=close user-timeout!=30s")
        for _ in range(2):
            self.half_closed(program)
        self.pair(program)
        self.wait_for_leaks(program.pid, 2)
        finished = run()
        line = next(line for line in finished.stdout.split("\n") if line.split()[:1] == [str(program.pid)])
        policy = r"log=none interval=20ms grace=100ms \[port=9\] action=close user-timeout!=30s"
        self.assertRegex(line, r"^ *\d+ python3 +eof-unread 2 +\ds +0 CLOSE_WAIT 2 ESTABLISHED 1 +%s$" % policy)
        self.assertRegex(finished.stdout, r"\A *PID Program +Leaks +Oldest Acted Sockets +Policy\n")
        listed = self.listed(program.pid)
        alone = self.seen(program.pid)
        self.assertEqual(len(alone.pop("sockets")), 3)
        self.assertGreaterEqual(alone.pop("oldest_s"), listed.pop("oldest_s"))
        self.assertEqual(alone, listed)
        self.assertEqual((listed["watcher"], listed["since_start"]),
                         ("on", {"sockets": 3, "leaks": 2, "healed": 0, "acted": 0}))

    def test_its_heading(self):
        program = self.program("")
        self.assertRegex(run(program.pid).stdout, r"\Apython3 \(pid %d, \S+\): 0 leaks; -\npolicy default\nwatcher not started yet; "
                         r"so far 0 sockets made, 0 leaks, 0 healed, 0 acted on\n\Z" % program.pid)

    def test_exit_status(self):
        sound, leaks = self.program(), self.program()
        self.half_closed(leaks)
        self.wait_for_leaks(leaks.pid, 1)
        statuses = [run(*pids).returncode for pids in ((sound.pid,), (leaks.pid,), (sound.pid, leaks.pid), (leaks.pid, os.getpid()))]
        self.assertEqual(statuses, [0, 1, 1, 125])

    def test_several(self):
        first, second = self.program(), self.program()
        finished = run(second.pid, first.pid)
        self.assertEqual([one["pid"] for one in self.document(second.pid, first.pid)["processes"]], [second.pid, first.pid])
        self.assertEqual(re.findall(r"\(pid (\d+),", finished.stdout), [str(second.pid), str(first.pid)])

    def test_healed_is_counted(self):
        program = self.program()
        number = self.half_closed(program)
        self.wait_for_leaks(program.pid, 1)
        program.do("kept.pop(%d).close()" % number)
        wait_for("healing", lambda: self.listed(program.pid)["since_start"] == {"sockets": 1, "leaks": 1, "healed": 1, "acted": 0})

    def test_stopped(self):
        """Nobody is at home, and the FIN comes only then: judged as the watcher would."""
        program = self.program()
        number, ours = self.pair(program)
        wait_for("the watcher", lambda: self.seen(program.pid)["watcher"] == "on")
        os.kill(program.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, program.pid, signal.SIGCONT)
        wait_for("the stop", lambda: ") T " in of(program.pid, "stat"))
        ours.close()
        found = wait_for("a leak", lambda: (one := self.socket_of(program.pid, number)) and one["leak"] and one)
        self.assertEqual((found["cause"], found["reported"]), ("eof-unread", False))
        self.assertEqual(self.listed(program.pid)["leaks"], 1)

    def test_without_a_watcher(self):
        program = self.program(QUICK + " watch=off")
        number = self.half_closed(program)
        found = wait_for("a leak", lambda: (one := self.socket_of(program.pid, number)) and one["leak"] and one)
        self.assertEqual((found["reported"], found["cause"], found["dir"]), (False, "eof-unread", "out"))
        self.assertIn("open_s", found)
        self.assertEqual(self.seen(program.pid)["watcher"], "off")

    def test_stands_aside(self):
        """Switched off, or with a policy that it does not understand."""
        for policy, words in (("off", "off"), ("grace=soon", "none: the library stands aside")):
            with self.subTest(policy=policy):
                child = self.start(PYTHON, "-c", "input()", stdin=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   env=environment(policy))
                wait_for("the library", lambda: str(LIBRARY) in of(child.pid, "maps"))
                process = wait_for("its policy", lambda: (one := self.listed(child.pid)) and "policy" in one and
                                   one["policy"] == words and one)
                self.assertEqual(process["watcher"], "the library stands aside")

    def test_forked_child(self):
        """It has the sockets, a watcher of its own, and counts anew."""
        program = self.program()
        number = self.half_closed(program)
        self.wait_for_leaks(program.pid, 1)
        child = program.do("os.fork() or (signal.pause(), os._exit(0))")
        self.addCleanup(os.kill, child, signal.SIGKILL)
        found, = self.wait_for_leaks(child, 1)["sockets"]
        self.assertEqual((found["fds"], found["cause"]), ([number], "eof-unread"))
        self.assertEqual(found["site"], self.socket_of(program.pid, number)["site"])
        self.assertEqual([self.listed(pid)["since_start"]["leaks"] for pid in (program.pid, child)], [1, 1])

    def test_child_without_a_watcher(self):
        """Made where no handler of ours sees it, and still: what the parent's watcher knew is no longer there."""
        program = self.program(LONG_AGO)
        number = self.half_closed(program)
        wait_for("the watcher", lambda: self.socket_of(program.pid, number)["cause"] == "eof-unread")
        # clone(SIGCHLD) without libc; the child only waits to be killed
        child = program.do("(syscall := __import__('ctypes').CDLL(None).syscall)(56, 17, 0, 0, 0, 0) or (time.sleep(99), os._exit(0))"
                           if os.uname().machine == "x86_64" else "os.fork() or (signal.pause(), os._exit(0))")
        self.addCleanup(os.kill, child, signal.SIGKILL)
        found = wait_for("the child", lambda: self.socket_of(child, number))
        self.assertEqual((found["leak"], found["cause"]), (False, "eof-unread"))
        self.assertIn("site", found)


class Programs(StatusCase):
    def client(self, *flags):
        program = self.place / "client"
        subprocess.run(["gcc", "-g", "-pthread", "-x", "c", "-o", program, "-", *flags], input=C_CLIENT, text=True, check=True)
        return program

    def leaks_of(self, *command, env=None):
        child = self.start(*command, self.port, stdin=subprocess.PIPE, env=env or environment(QUICK))
        self.listener.accept()[0].close()
        return self.wait_for_leaks(child.pid, 1)

    def test_c_program(self):
        """Its call site is one that addr2line(1) finds, wherever the program lies."""
        for flags in (["-pie", "-fPIE"], ["-no-pie", "-fno-pie"]):
            with self.subTest(flags=flags):
                program = self.client(*flags)
                found, = self.leaks_of(program)["sockets"]
                module, offset = found["site"].split("+")
                function = subprocess.run(["addr2line", "-f", "-e", program, offset], capture_output=True, text=True, check=True)
                self.assertEqual((module, function.stdout.split("\n")[0]), ("client", "reach"))

    def test_executed_by_descriptor(self):
        """It is called as its file is, not as the descriptor."""
        code = "import os, sys; os.execve(os.open(sys.argv[1], os.O_RDONLY), sys.argv[1:], os.environ)"
        process = self.leaks_of(PYTHON, "-c", code, self.client())
        self.assertEqual((process["exe"], process["sockets"][0]["site"].partition("+")[0]), ("client", "client"))

    def test_main_thread_gone(self):
        """Its number has no memory and no descriptors any more; the other threads have."""
        program = self.client()
        child = self.start(program, self.port, "threads", stdin=subprocess.PIPE, env=environment(QUICK))
        self.listener.accept()[0].close()
        wait_for("its end", lambda: ") Z " in of(child.pid, "stat"))
        found, = self.wait_for_leaks(child.pid, 1)["sockets"]
        self.assertEqual((found["state"], found["cause"], found["site"].partition("+")[0]), ("CLOSE_WAIT", "eof-unread", "client"))

    def test_node(self):
        script = "require('net').connect({port: +process.argv[1], host: '127.0.0.1', allowHalfOpen: true}).on('end', () => {})" \
                 ".resume(); process.stdin.resume()"
        process = self.leaks_of("node", "-e", script)
        self.assertEqual((process["exe"], process["causes"]), ("node", {"eof-ignored": 1}))

    def test_java(self):
        source = self.place / "Client.java"
        source.write_text("""
            public class Client {
                public static void main(String[] arguments) throws Exception {
                    java.net.Socket kept = new java.net.Socket("127.0.0.1", Integer.parseInt(arguments[0]));
                    System.in.read();
                    kept.close();
                }
            }""")
        process = self.leaks_of("java", "-Xint", "-XX:TieredStopAtLevel=1", source)
        found = next(one for one in process["sockets"] if one["leak"])
        self.assertEqual((process["exe"], found["cause"], found["site"].partition("+")[0]), ("java", "eof-unread", "libnio.so"))

    def test_nginx_and_its_pool(self):
        """As in the README: what ss shows, in the same order of columns."""
        port, html = self.nginx("keepalive_timeout 1;")
        (html / "index.html").write_text("hello")
        client = ("import http.client, sys\n"
                  "kept = [http.client.HTTPConnection('127.0.0.1', %d) for _ in range(3)]\n"
                  "for one in kept: one.request('GET', '/'); one.getresponse().read()\n"
                  "sys.stdin.read()\n" % port)
        child = self.start(PYTHON, "-c", client, stdin=subprocess.PIPE, env=environment(QUICK))
        wait_for("the library", lambda: str(LIBRARY) in of(child.pid, "maps"))
        self.wait_for_leaks(child.pid, 3)
        rows = re.findall(r"(?m)^ *(\d+) (CLOSE_WAIT) +eof-unread +out (\S+) +(\S+) +0 +0 +\d+s +\d+s +\d+s python3\+0x",
                          run(child.pid).stdout)
        listed = subprocess.run(["ss", "-Htnp", "state", "close-wait"], capture_output=True, text=True, check=True)
        expected = {(re.search(r"fd=(\d+)", line)[1], "CLOSE_WAIT", *line.split()[2:4])
                    for line in listed.stdout.splitlines() if "pid=%d," % child.pid in line}
        self.assertEqual((len(expected), set(rows)), (3, expected))


if __name__ == "__main__":
    unittest.main()
