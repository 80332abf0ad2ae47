"""What programs as clients are tested with: servers of the test's own, and what the programs are to do."""
import os
import pwd
import random
import socket
import subprocess
import threading
import time

import harness

SLOW = 0.3  # seconds that an answer or a FIN is held up, so that the watcher has something to look at

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


SSHD = """
HostKey %(place)s/host
AuthorizedKeysFile %(place)s/key.pub
StrictModes no
PermitRootLogin yes
PidFile none
"""
# As root, sshd wants a /run/sshd, which not every machine has: it gets a /run of its own.
OWN_RUN = 'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$0" "$@"'


class Answering:
    """A server that reads a line from each connection, takes its time, repeats the line, waits again, and closes."""

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
            stream.flush()
            time.sleep(SLOW)

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept()
        self.listener.close()


class Pages(Answering):
    """A web server that takes its time before each answer, and sends it in one piece, the same at all times."""

    def answer(self, connection):
        with connection, connection.makefile("rb") as stream:
            while request := stream.readline():
                while stream.readline().strip():
                    pass
                time.sleep(SLOW)
                page = b"a page\n"
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Type: text/plain\r\n\r\n%s" % (
                    len(page), page))


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


class Case(harness.Case):
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

    def pages(self):
        server = Pages()
        self.addCleanup(server.close)
        return "http://127.0.0.1:%d/" % server.port

    def web(self):
        """A real nginx; /slow takes its time."""
        port, html = self.nginx("location = /slow { limit_rate 20k; }")
        (html / "page").write_text("a page\n")
        (html / "slow").write_text("a long page\n" * 2000)
        return port, html

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

    def sshd(self):
        """What to tell ssh to get to a real sshd, which is started for each connection."""
        for key in "host", "key":
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.place / key)], check=True)
        (self.place / "sshd.conf").write_text(SSHD % {"place": self.place})
        command = ["/usr/sbin/sshd", "-i", "-e", "-f", str(self.place / "sshd.conf")]
        if os.geteuid() == 0:
            command = ["unshare", "--mount", "sh", "-c", OWN_RUN, *command]
        server = Inetd(self, *command)
        self.addCleanup(server.close)
        (self.place / "known").write_text("[127.0.0.1]:%d %s" % (server.port, (self.place / "host.pub").read_text()))
        options = ["BatchMode=yes", "IdentitiesOnly=yes", "UserKnownHostsFile=%s" % (self.place / "known")]
        return ["-F", "none", "-i", str(self.place / "key"), "-p", str(server.port),
                *("-o" + option for option in options), "%s@127.0.0.1" % pwd.getpwuid(os.getuid()).pw_name]

    def java(self, name, source, *options):
        classes = self.place / "classes"
        classes.mkdir()
        (classes / (name + ".java")).write_text(source)
        subprocess.run(["javac", "-d", str(classes), str(classes / (name + ".java"))], check=True,
                       timeout=harness.PATIENCE)
        return ["java", "-Xshare:auto", *options, "-cp", str(classes), name]
