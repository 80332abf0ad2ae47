#!/usr/bin/python3
"""redis, PostgreSQL and memcached under load, reloaded and stopped: with the library they do what they do without."""
import os
import pathlib
import re
import shutil
import signal
import time
import unittest

import harness
import servers

POSTGRESQL = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), default=pathlib.Path("/usr/lib/postgresql"))

REDIS = """
bind 127.0.0.1
port %d
save ""
dir .
loglevel warning
dbfilename %d.rdb
enable-debug-command yes
repl-diskless-sync-delay 0
repl-diskless-load on-empty-db
%s
"""

POSTGRESQL_CONF = """
listen_addresses = '127.0.0.1'
port = %(port)d
unix_socket_directories = '%(place)s'
max_connections = 60
fsync = off
log_checkpoints = off
"""
# A backend that is still about to leave is told to, and says so.
COMPLAINTS = "WARNING|ERROR|PANIC|FATAL:(?!.*administrator command)"

# Sets and gets on one connection in each of its threads, and on one for each key; prints how many came back.
MEMCACHED_CLIENT = """
import socket, sys, threading
port, count = map(int, sys.argv[1:])
right = []
def ask(stream, request, lines):
    stream.write(request)
    stream.flush()
    return [stream.readline() for _ in range(lines)]
def check(stream, key):
    value = b"%s-" % key * 50
    assert ask(stream, b"set %s 0 0 %d\\r\\n%s\\r\\n" % (key, len(value), value), 1) == [b"STORED\\r\\n"]
    got = ask(stream, b"get %s\\r\\n" % key, 3)
    right.append(got == [b"VALUE %s 0 %d\\r\\n" % (key, len(value)), value + b"\\r\\n", b"END\\r\\n"])
def connected():
    connection = socket.create_connection(("127.0.0.1", port))
    with connection:
        return connection.makefile("rwb")
def work(name):
    with connected() as stream:
        for number in range(count):
            check(stream, b"kept-%d-%d" % (name, number))
    for number in range(count // 4):
        with connected() as stream:
            check(stream, b"short-%d-%d" % (name, number))
threads = [threading.Thread(target=work, args=[name]) for name in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(right.count(True), "of", len(right))
"""


class Data(servers.Case):
    # redis

    def start_redis(self, trial, more=""):
        port = servers.free_port()
        path = trial.place / ("redis-%d.conf" % port)
        path.write_text(REDIS % (port, port, more))
        return trial.serve(port, "redis-server", path), port

    def redis_cli(self, trial, port, *words):
        return trial.run("redis-cli", "-p", port, *words).strip()

    def redis_load(self, trial, port, count, *more):
        """To be passed to `redis_well`."""
        return trial.start("redis-benchmark", "-p", port, "-n", count * servers.MORE, "-c", 20, "-r", 1000, "--csv",
                           "-t", "set,get,incr,lpush,mset", *more)

    def redis_well(self, trial, client):
        said = trial.finish(client)
        self.assertNotRegex(said, "(?i)error")
        trial.count("tests", len(re.findall(r'^"[A-Z][^"]*","[1-9]', said, re.M)))

    def redis(self, trial):
        """With a replica. BGSAVE and the replica's full synchronisation fork it under load, CONFIG changes it."""
        server, port = self.start_redis(trial)
        waiting = trial.start("redis-cli", "-p", port, "blpop", "waited-for", "0")
        kept, short = self.redis_load(trial, port, 5000), self.redis_load(trial, port, 200, "-k", "0")
        replica, replica_port = self.start_redis(trial, "replicaof 127.0.0.1 %d" % port)
        for words in ("bgsave schedule", "config set maxclients 5000", "config rewrite"):
            self.redis_cli(trial, port, *words.split())
        for client in kept, short:
            self.redis_well(trial, client)
        self.redis_cli(trial, port, "set", "last", "word")
        harness.wait_for("the replica", lambda: self.redis_cli(trial, replica_port, "get", "last") == "word")
        digests = {self.redis_cli(trial, each, "debug", "digest") for each in (port, replica_port)}
        self.assertEqual(len(digests), 1)
        trial.rest(server)
        trial.rest(replica)
        self.redis_cli(trial, port, "rpush", "waited-for", "it")
        self.assertIn("it", trial.finish(waiting))
        for each in replica, server:
            trial.stop(each)

    def test_redis(self):
        self.compare(self.redis, ["redis-server", "redis-cli", "redis-benchmark"])

    # PostgreSQL

    def template(self, user):
        """A new cluster, made without the library."""
        place = self.place / "template"
        if not place.exists():
            self.place.chmod(0o755)
            place.mkdir()
            if user:
                shutil.chown(place, user, user)
            initdb = self.start(POSTGRESQL / "initdb", "-D", place, "-A", "trust", "-U", "postgres", "-N",
                                "--no-instructions", "-E", "UTF8", **self.as_user(user), stdout=-3, cwd="/",
                                env=harness.environment(preload=False))
            self.assertEqual(initdb.wait(harness.PATIENCE), 0)
        return place

    @staticmethod
    def as_user(user):
        return dict(user=user, group=user, extra_groups=[]) if user else {}

    def pgbench(self, trial, port, *words):
        return trial.start(POSTGRESQL / "pgbench", "-n", "-h", "127.0.0.1", "-p", port, "-U", "postgres", *words,
                           "postgres")

    def pgbench_well(self, trial, client):
        said = trial.finish(client)
        self.assertNotIn("error", said)
        trial.count("transactions", int(re.search(r"actually processed: (\d+)", said)[1]))
        self.assertIn("failed transactions: 0 ", said)

    def psql(self, trial, port, query):
        return trial.start(POSTGRESQL / "psql", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-XAtc", query)

    def postgresql(self, trial):
        user = "postgres" if os.geteuid() == 0 else None
        place, port = trial.place / "cluster", servers.free_port()
        trial.run("cp", "-a", self.template(user), place)
        with open(place / "postgresql.conf", "a") as configuration:
            configuration.write(POSTGRESQL_CONF % {"port": port, "place": place})
        server = trial.start(POSTGRESQL / "postgres", "-D", place, cwd="/", **self.as_user(user))
        harness.wait_for("PostgreSQL", lambda: "ready to accept connections" in server.output.read_text())
        trial.finish(self.pgbench(trial, port, "-i", "-q", "-s", "1"))
        waiting = self.psql(trial, port, "select pg_sleep(1.5); select 'woken'")
        kept, short = self.pgbench(trial, port, "-c", 8, "-t", 60 * servers.MORE), self.pgbench(
            trial, port, "-c", 4, "-t", 15 * servers.MORE, "-C", "-S")
        for _ in range(3):
            time.sleep(0.1)
            server.send_signal(signal.SIGHUP)
        for client in kept, short:
            self.pgbench_well(trial, client)
        trial.rest(server)
        self.assertEqual(trial.finish(waiting), "\nwoken\n")
        sums = trial.finish(self.psql(
            trial, port,
            "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history), "
            "(select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches), "
            "(select count(*) from pgbench_history)"))
        self.assertEqual(sums, "t|t|%d\n" % (480 * servers.MORE))
        trial.stop(server, signal.SIGINT, complaints=COMPLAINTS)

    def test_postgresql(self):
        self.compare(self.postgresql, ["postgres", "pgbench", "psql"])

    # memcached

    def memcached_client(self, trial, port):
        return trial.start(harness.PYTHON, "-c", MEMCACHED_CLIENT, port, 100 * servers.MORE)

    def memcached(self, trial):
        port = servers.free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        server = trial.serve(port, "memcached", "-l", "127.0.0.1", "-p", port, "-U", "0", "-t", "2", *user)
        clients = [self.memcached_client(trial, port) for _ in range(3)]
        server.send_signal(signal.SIGHUP)
        for client in clients:
            self.assertEqual(trial.finish(client), "%d of %d\n" % ((8 * 125 * servers.MORE,) * 2))
        trial.rest(server)
        trial.stop(server)

    def test_memcached(self):
        self.compare(self.memcached, ["memcached", "python3"])


if __name__ == "__main__":
    unittest.main()
