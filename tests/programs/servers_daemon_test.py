#!/usr/bin/python3
"""Servers that go into the background, by themselves and otherwise, and a supervisor that closes all that it finds."""
import os
import signal
import socket
import subprocess
import unittest

import harness
import servers

SUPERVISOR = """
import os, signal, socket, sys
pids, command = sys.argv[1], sys.argv[2:]

with socket.create_server(("127.0.0.1", 0)) as listener:  # so that all that follows happens to a process with sockets
    kept = socket.create_connection(listener.getsockname()), listener.accept()[0]
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.closerange(0, 1 << 16)
for number in range(3):
    os.open("/dev/null", os.O_RDWR)

def start():
    child = os.fork()
    if not child:
        os.closerange(3, 1 << 16)
        os.execvp(command[0], command)
    return child

def stop(*_):
    os.kill(child, signal.SIGTERM)
    os.waitpid(child, 0)
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
while True:
    child = start()
    with open(pids + ".new", "w") as file:
        file.write("%d %d" % (os.getpid(), child))
    os.rename(pids + ".new", pids)
    os.waitpid(child, 0)
"""

REDIS = b"PING\r\n", b"+PONG"
MEMCACHED = b"version\r\n", b"VERSION"
HTTP = b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200"

NGINX = """
pid %(place)s/pid; error_log %(place)s/error.log; worker_processes 1;
events {} http { access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u;
scgi_temp_path s; server { listen 127.0.0.1:%(port)d; location / { return 200 "a page"; } } }
"""
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend front
    bind 127.0.0.1:%(port)d
    http-request return status 200 content-type text/plain string page
"""


class Daemon(servers.Case):
    def ask(self, connection, words):
        connection.sendall(words[0])
        self.assertTrue(connection.recv(4096).startswith(words[1]))

    def connected(self, port):
        return socket.create_connection(("127.0.0.1", port), timeout=harness.PATIENCE)

    def load(self, trial, port, words):
        """One connection all the time, and others meanwhile."""
        with self.connected(port) as kept:
            for _ in range(20):
                self.ask(kept, words)
                with self.connected(port) as short:
                    self.ask(short, words)
                trial.count("connections", 1)

    def started(self, trial, port, *command):
        """What starts it ends by itself, and so do its pipes."""
        starter = trial.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said = starter.communicate(timeout=harness.PATIENCE)
        self.assertEqual((starter.returncode, said), (0, (b"", b"")))
        trial.await_port(port)

    def pids(self, trial):
        path = trial.place / "pid"
        return list(map(int, harness.wait_for("its pid", lambda: path.exists() and path.read_text().split())))

    def stopped(self, trial, pid, number=signal.SIGTERM):
        """Its parent has ended, so we hear of its end."""
        os.kill(pid, number)
        trial.found["status"] = os.waitpid(pid, 0)[1]

    def in_background(self, trial, words, *command, configuration="", number=signal.SIGTERM):
        """The port and the place stand in the command, and in its configuration."""
        port = servers.free_port()
        (trial.place / "conf").write_text(configuration % {"port": port, "place": trial.place})
        self.started(trial, port, *(word % {"port": port, "place": trial.place} for word in command))
        self.load(trial, port, words)
        self.stopped(trial, self.pids(trial)[0], number)

    def user(self):
        return ["-u", "root"] if os.geteuid() == 0 else []

    def check(self, program, words, *command, **more):
        self.compare(lambda trial: self.in_background(trial, words, *command, **more), [program])

    def test_redis(self):
        self.check("redis-server", REDIS, "redis-server", "--bind", "127.0.0.1", "--port", "%(port)d", "--save", "",
                   "--daemonize", "yes", "--pidfile", "%(place)s/pid", "--logfile", "%(place)s/log")

    def test_memcached(self):
        self.check("memcached", MEMCACHED, "memcached", "-l", "127.0.0.1", "-p", "%(port)d", "-d", "-P",
                   "%(place)s/pid", *self.user())

    def test_started_by_another(self):
        """start-stop-daemon forks, leaves the session and closes all descriptors itself."""
        self.check("memcached", MEMCACHED, "start-stop-daemon", "--start", "--background", "--make-pidfile",
                   "--pidfile", "%(place)s/pid", "--exec", "/usr/bin/memcached", "--", "-l", "127.0.0.1", "-p",
                   "%(port)d", *self.user())

    def test_nginx(self):
        self.check("nginx", HTTP, "/usr/sbin/nginx", "-p", "%(place)s", "-e", "%(place)s/error.log", "-c",
                   "%(place)s/conf", configuration=NGINX)

    def test_haproxy(self):
        self.check("haproxy", HTTP, "/usr/sbin/haproxy", "-D", "-p", "%(place)s/pid", "-f", "%(place)s/conf",
                   configuration=HAPROXY, number=signal.SIGUSR1)

    def supervised(self, trial):
        port = servers.free_port()
        self.started(trial, port, harness.PYTHON, "-c", SUPERVISOR, trial.place / "pid", "memcached", "-l", "127.0.0.1",
                     "-p", str(port), *self.user())
        self.load(trial, port, MEMCACHED)
        supervisor, child = self.pids(trial)
        os.kill(child, signal.SIGKILL)
        harness.wait_for("another", lambda: self.pids(trial)[1] != child)
        trial.await_port(port)
        self.load(trial, port, MEMCACHED)
        self.stopped(trial, supervisor)

    def test_supervised(self):
        self.compare(self.supervised, ["python3", "memcached"])


if __name__ == "__main__":
    unittest.main()
