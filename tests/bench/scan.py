"""scan: how long `waitclose scan` takes with 20,000 sockets in CLOSE_WAIT, and as many of their peers in FIN_WAIT2; ss
and netstat (where there is one) beside it."""

import contextlib
import os
import resource
import shutil
import socket
import statistics
import subprocess
import time

import variants
from rows import Table

SOCKETS, SOCKETS_QUICK = 20000, 2000
ROUNDS, ROUNDS_QUICK = 5, 2
SPARE = 50  # descriptors that a holder needs for itself
PER_ADDRESS = 10000  # connections from one address, which has some 28,000 ports for one peer


def hold(server, first, count):
    """In a child: so many connections, until we end it."""
    parent_sees, ready = os.pipe()
    child = os.fork()
    if child == 0:
        kept = []
        for number in range(first, first + count):
            kept.append(socket.socket())
            kept[-1].bind((f"127.0.{1 + number // PER_ADDRESS}.1", 0))
            kept[-1].connect(server.getsockname())
        os.write(ready, b"x")
        time.sleep(600)
        os._exit(0)
    os.close(ready)
    for _ in range(count):
        server.accept()[0].close()
    os.read(parent_sees, 1)
    os.close(parent_sees)
    return child


@contextlib.contextmanager
def held(sockets):
    _, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    server, holders, count = socket.create_server(("127.0.0.1", 0), backlog=1024), [], 0
    try:
        while count < sockets:
            more = min(limit - SPARE, PER_ADDRESS, sockets - count)
            holders.append(hold(server, count, more))
            count += more
        yield
    finally:
        server.close()
        for holder in holders:
            os.kill(holder, 9)
            os.waitpid(holder, 0)


def run(quick):
    sockets = SOCKETS_QUICK if quick else SOCKETS
    commands = [[f"{variants.BUILD}/waitclose", "scan"], [f"{variants.BUILD}/waitclose", "scan", "--json"], ["ss", "-tanp"]]
    commands += [["netstat", "-anlp"]] if shutil.which("netstat") else []
    took, lines = [[] for _ in commands], [0 for _ in commands]
    with held(sockets):
        for _ in range(ROUNDS_QUICK if quick else ROUNDS):
            for i, command in enumerate(commands):
                began = time.monotonic()
                output = subprocess.run(command, capture_output=True, check=False).stdout
                took[i].append((time.monotonic() - began) * 1000)
                lines[i] = output.count(b"\n")
    table = Table("scan", f"{sockets} sockets in CLOSE_WAIT, and their peers")
    for command, times, count in zip(commands, took, lines):
        table.add(" ".join([os.path.basename(command[0]), *command[1:]]),
                  {"median, ms": statistics.median(times), "best, ms": min(times), "lines": count})
    return [table]
