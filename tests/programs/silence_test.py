#!/usr/bin/python3
"""Well-behaved programs, and programs that fail, do the same with the library as without, and nothing is printed."""
import random
import socket
import subprocess
import threading
import time
import unittest

import harness

POLICIES = {"the default": None, "a keen watcher": "grace=100ms interval=20ms summary=leaks"}
SLOW = 0.3  # seconds that an answer is held up, so that the watcher has something to look at

PYTHON_CLIENT = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for path in sys.argv[2:]:
    connection.request("GET", path)
    response = connection.getresponse()
    print(response.status, response.read().decode(), end="")
connection.close()
"""

PERL_CLIENT = """
use strict;
use warnings;
use IO::Socket::INET;
my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0]) or die "no connection: $!\\n";
print $socket "hello\\n";
print while <$socket>;
close $socket;
"""

BASH_CLIENT = """
exec 3<>/dev/tcp/127.0.0.1/$1 || exit 3
echo hello >&3
cat <&3
exec 3>&-
"""

NODE_CLIENT = """
const http = require("http");
const agent = new http.Agent({keepAlive: true});
const [port, ...paths] = process.argv.slice(1);
function next() {
    if (!paths.length)
        return agent.destroy();
    http.get({port, path: paths.shift(), host: "127.0.0.1", agent}, response => {
        let body = "";
        response.on("data", data => body += data);
        response.on("end", () => { process.stdout.write(response.statusCode + " " + body); next(); });
    }).on("error", error => { console.error(error.code); process.exit(4); });
}
next();
"""

JAVA_HELLO = """
public class Hello {
    public static void main(String[] arguments) {
        System.out.println("hello");
    }
}
"""

JAVA_CLIENT = """
import java.io.InputStream;
import java.net.Socket;

public class Client {
    public static void main(String[] arguments) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", Integer.parseInt(arguments[0]))) {
            socket.getOutputStream().write("hello\\n".getBytes());
            InputStream in = socket.getInputStream();
            System.out.write(in.readAllBytes());
            System.out.flush();
        } catch (java.net.ConnectException refused) {
            System.err.println("refused");
            System.exit(5);
        }
    }
}
"""


class Answering:
    """A server that reads a line from each connection, takes its time, repeats the line, and closes."""

    def __init__(self):
        self.listener, self.port = harness.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.answer, args=[connection], daemon=True).start()

    def answer(self, connection):
        with connection, connection.makefile("rwb") as stream:
            line = stream.readline()
            time.sleep(SLOW)
            stream.write(line)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
        self.listener.close()


class Inetd:
    """Runs a command for each connection, on which it reads and writes: `git daemon --inetd` on a port of our own."""

    def __init__(self, case, *command):
        self.case = case
        self.command = command
        self.listener, self.port = harness.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                self.case.start(*self.command, stdin=connection, stdout=connection, stderr=subprocess.DEVNULL,
                                env=harness.environment(preload=False))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Silence(harness.Case):
    def closed_port(self):
        """A port on which nobody listens, for as long as the test: bound, and not listened on."""
        holder = socket.socket()
        holder.bind(("127.0.0.1", 0))
        self.addCleanup(holder.close)
        return holder.getsockname()[1]

    def answering(self):
        server = Answering()
        self.addCleanup(server.close)
        return server.port

    def web(self):
        """A real nginx; /slow takes its time."""
        port, html = self.nginx("location = /slow { limit_rate 20k; }")
        (html / "page").write_text("a page\n")
        (html / "slow").write_text("a long page\n" * 2000)
        return port, html

    def once(self, place, command, script, preload, policy):
        place.mkdir()
        process = self.start(*command, cwd=place, env=harness.environment(policy, preload, HOME=str(place)),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate(script.encode(), harness.PATIENCE)
        return process.returncode, out.decode(), err.decode()

    def check(self, *command, status=0, out="", err=None, script=""):
        """Alone, then under each policy: the same status, output and errors; and alone it does what is expected."""
        alone = self.once(self.place / "alone", command, script, False, None)
        self.assertEqual(alone[0], status, alone)
        self.assertIn(out, alone[1])
        if err is not None:
            self.assertIn(err, alone[2])
        for name, policy in POLICIES.items():
            with self.subTest(command=command, policy=name):
                self.assertEqual(self.once(self.place / name, command, script, True, policy), alone)

    def test_curl(self):
        port, _ = self.web()
        url = "http://127.0.0.1:%d/" % port
        self.check("curl", "-sS", url + "page", url + "slow", url + "page", out="a page\na long page\n")

    def test_curl_missing_page(self):
        port, _ = self.web()
        self.check("curl", "-sSf", "http://127.0.0.1:%d/missing" % port, status=22, err="404")

    def test_curl_refused(self):
        self.check("curl", "-s", "http://127.0.0.1:%d/" % self.closed_port(), status=7)

    def test_curl_one_answer_until_the_end(self):
        self.check("curl", "-sS", "--http0.9", "http://127.0.0.1:%d/" % self.answering(), out="GET / HTTP/1.1")

    def test_wget(self):
        port, _ = self.web()
        url = "http://127.0.0.1:%d/" % port
        self.check("wget", "-q", "-O", "-", url + "page", url + "slow", out="a page\na long page\n")

    def test_wget_missing_page(self):
        port, _ = self.web()
        self.check("wget", "-q", "-O", "-", "http://127.0.0.1:%d/missing" % port, status=8)

    def test_wget_refused(self):
        self.check("wget", "-q", "-t", "1", "-O", "-", "http://127.0.0.1:%d/" % self.closed_port(), status=4)

    def redis(self):
        """A real redis-server. It has to find its port free, so it is offered several."""
        for port in random.sample(range(20000, 30000), 5):
            log = self.place / ("redis-%d" % port)
            server = self.start("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly",
                                "no", "--dir", self.place, "--logfile", log, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)
            ready = harness.wait_for("redis-server", lambda: server.poll() is not None or (
                log.exists() and "Ready to accept" in log.read_text()))
            if ready and server.poll() is None:
                return str(port)
        self.fail("redis-server found no free port")

    def test_redis_cli(self):
        port = self.redis()
        self.check("redis-cli", "-p", port, "echo", "hello", out="hello\n")

    def test_redis_cli_with_many_commands(self):
        port = self.redis()
        script = "".join("set key-%d %d\nget key-%d\n" % (i, i, i) for i in range(50))
        self.check("redis-cli", "-p", port, out="49\n", script=script + "debug sleep 0.2\nwrong\n")

    def test_redis_cli_that_waits(self):
        port = self.redis()
        self.check("redis-cli", "-p", port, "blpop", "nothing", "0.3")

    def test_redis_cli_refused(self):
        self.check("redis-cli", "-p", str(self.closed_port()), "ping", status=1, err="Connection refused")

    def test_python(self):
        port, _ = self.web()
        self.check(harness.PYTHON, "-c", PYTHON_CLIENT, str(port), "/page", "/slow", "/missing", "/page",
                   out="200 a page\n")

    def test_python_refused(self):
        self.check(harness.PYTHON, "-c", PYTHON_CLIENT, str(self.closed_port()), "/page", status=1,
                   err="Connection refused")

    def test_perl(self):
        self.check("perl", "-e", PERL_CLIENT, str(self.answering()), out="hello\n")

    def test_perl_refused(self):
        self.check("perl", "-e", PERL_CLIENT, str(self.closed_port()), status=111, err="Connection refused")

    def repository(self, place):
        """A bare repository with a commit or two, as a plain web server can offer it too."""
        work = self.place / "work"
        bare = place / "project.git"
        identity = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
        environment = harness.environment(preload=False, HOME=str(self.place), GIT_CONFIG_NOSYSTEM="1")

        def git(*words):
            subprocess.run(["git", *map(str, words)], check=True, env=environment, timeout=harness.PATIENCE)
        git("init", "-q", "-b", "main", work)
        for number in range(3):
            (work / "file").write_text("line\n" * 1000 * number)
            git("-C", work, "add", "file")
            git("-C", work, *identity, "commit", "-q", "--allow-empty", "-m", "change")
        git("clone", "-q", "--bare", work, bare)
        git("-C", bare, "update-server-info")

    def git_daemon(self):
        served = self.place / "served"
        served.mkdir()
        self.repository(served)
        daemon = Inetd(self, "git", "-c", "safe.directory=*", "daemon", "--inetd", "--export-all",
                       "--base-path=%s" % served, served)
        self.addCleanup(daemon.close)
        return "git://127.0.0.1:%d/" % daemon.port

    def test_git_over_its_own_protocol(self):
        url = self.git_daemon()
        self.check("git", "clone", url + "project.git", "clone", err="Cloning into 'clone'")
        for name in "alone", *POLICIES:
            self.assertEqual((self.place / name / "clone" / "file").read_text(), "line\n" * 2000)

    def test_git_missing_repository(self):
        self.check("git", "clone", self.git_daemon() + "missing.git", "clone", status=128, err="missing.git")

    def test_git_over_http(self):
        port, html = self.web()
        self.repository(html)
        self.check("git", "clone", "http://127.0.0.1:%d/project.git" % port, "clone")
        for name in "alone", *POLICIES:
            self.assertEqual((self.place / name / "clone" / "file").read_text(), "line\n" * 2000)

    def test_git_refused(self):
        url = "git://127.0.0.1:%d/project.git" % self.closed_port()
        self.check("git", "clone", "-q", url, "clone", status=128, err="Connection refused")

    def test_nc(self):
        self.check("nc", "-N", "127.0.0.1", str(self.answering()), out="hello\n", script="hello\n")

    def test_nc_refused(self):
        self.check("nc", "-v", "127.0.0.1", str(self.closed_port()), status=1, err="refused")

    def test_bash(self):
        self.check("bash", "-c", BASH_CLIENT, "client", str(self.answering()), out="hello\n")

    def test_bash_refused(self):
        self.check("bash", "-c", BASH_CLIENT, "client", str(self.closed_port()), status=3, err="Connection refused")

    def test_sh(self):
        port, _ = self.web()
        self.check("sh", "-c", "curl -sS $0 | (while read line; do echo \"$line\"; done | sort -u; exit 3)",
                   "http://127.0.0.1:%d/slow" % port, status=3, out="a long page\n")

    def test_node(self):
        port, _ = self.web()
        self.check("node", "-e", NODE_CLIENT, str(port), "/page", "/slow", "/page", out="200 a page\n")

    def test_node_refused(self):
        self.check("node", "-e", NODE_CLIENT, str(self.closed_port()), "/page", status=4, err="ECONNREFUSED")

    def java(self, name, source):
        classes = self.place / "classes"
        classes.mkdir()
        (classes / (name + ".java")).write_text(source)
        subprocess.run(["javac", "-d", str(classes), str(classes / (name + ".java"))], check=True,
                       timeout=harness.PATIENCE)
        return ["java", "-Xshare:auto", "-cp", str(classes), name]

    def test_java_hello(self):
        self.check(*self.java("Hello", JAVA_HELLO), out="hello\n")

    def test_java_client(self):
        self.check(*self.java("Client", JAVA_CLIENT), str(self.answering()), out="hello\n")

    def test_java_client_refused(self):
        self.check(*self.java("Client", JAVA_CLIENT), str(self.closed_port()), status=5, err="refused")


if __name__ == "__main__":
    unittest.main()
