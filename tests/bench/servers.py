"""servers: redis with redis-benchmark, nginx with wrk: requests a second, and the server's CPU time a request (the
watcher's in it), each slice of a second of one server beside the next of the other."""

import contextlib
import os
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time

import variants
from rows import Table

SLICES, SLICES_QUICK = 10, 3
SLICE_S, SLICE_QUICK_S = 1.0, 0.3
CLIENTS = 32
PORT = 7000  # and the next: the bench has a network of its own
SCHED_CLOCK = 2  # CPUCLOCK_SCHED, of a whole process: include/linux/posix-timers.h


class Server:
    """A real server under a variant, on a port of its own."""

    def __init__(self, variant, command, port):
        self.name, self.port = variant.name, port
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(variant.command(*command), env=variant.environment(),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self):
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        raise RuntimeError(f"{self.process.args} does not listen")

    def cpu(self):
        """Seconds, of all its threads."""
        return time.clock_gettime((~self.process.pid << 3) | SCHED_CLOCK)

    def end(self):
        self.process.terminate()
        self.process.wait()


def redis(variant, port, _):
    return Server(variant, ["redis-server", "--port", port, "--save", "", "--appendonly", "no"], port)


def nginx(variant, port, folder):
    config = f"{folder}/{port}.conf"
    with open(config, "w", encoding="ascii") as file:
        file.write(f"daemon off; master_process off; pid {port}.pid; user root; events {{}} http {{ access_log off; "
                   f"keepalive_requests 100000000; "
                   f"server {{ listen 127.0.0.1:{port} backlog=1024; return 200 'pong'; }} }}")
    return Server(variant, ["/usr/sbin/nginx", "-e", f"{folder}/{port}.log", "-p", folder, "-c", config], port)


def by_redis_benchmark(server, seconds, rate):
    """How many requests, in how many seconds; as many as are expected in the time."""
    requests = max(1000, int((rate or 50000) * seconds))
    began = time.monotonic()
    subprocess.run(["redis-benchmark", "-p", str(server.port), "-t", "get", "-c", str(CLIENTS), "-n", str(requests), "-q"],
                   stdout=subprocess.DEVNULL, check=True)
    return requests, time.monotonic() - began


def by_wrk(*more):
    def run_wrk(server, seconds, _):
        command = ["wrk", "-t1", f"-c{CLIENTS}", "-d100", *more, f"http://127.0.0.1:{server.port}/"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
            time.sleep(seconds)
            client.send_signal(signal.SIGINT)  # it has whole seconds only, and tells how far it came
            output = client.communicate()[0]
        found = re.search(r"(\d+) requests in ([\d.]+)(ms|s)", output)
        if not found:  # the signal was there before it was ready for it, on a busy machine
            return run_wrk(server, 2 * seconds, _)
        return int(found[1]), float(found[2]) / (1000 if found[3] == "ms" else 1)
    return run_wrk


LOADS = (
    ("redis, GET", redis, by_redis_benchmark),
    ("nginx, keep-alive", nginx, by_wrk()),
    ("nginx, a connection a request", nginx, by_wrk("-H", "Connection: close")),
)


def interval(values):
    """Of the median: where it lies in 19 of 20 cases (of the sign test: about 1 in sqrt(n) of the order to each side)."""
    ordered, count = sorted(values), len(values)
    aside = round(0.98 * count ** 0.5)
    return ordered[max(0, count // 2 - aside)], ordered[min(count - 1, count // 2 + aside)]


def in_turns(make, load, slices, seconds, folder):
    """For each server by its name the requests a second and the CPU microseconds a request of each slice."""
    under = [variants.bare(), variants.control(), variants.ours()]
    servers = [make(variant, PORT + i, folder) for i, variant in enumerate(under)]
    rates, costs, rate = {one.name: [] for one in servers}, {one.name: [] for one in servers}, 0
    try:
        for server in servers:
            server.wait()
            requests, passed = load(server, seconds / 4, rate)
            rate = requests / passed
        for turn in range(slices):
            for server in servers[turn % 3:] + servers[:turn % 3]:
                before = server.cpu()
                requests, passed = load(server, seconds, rate)
                rates[server.name].append(requests / passed)
                costs[server.name].append((server.cpu() - before) * 1e6 / requests)
    finally:
        for server in servers:
            server.end()
    return rates, costs


def run(quick):
    table = Table("servers", "Servers: ratios to the bare one, slice by slice (from, to: of the median, 19 in 20)")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/logs")
        for what, make, load in LOADS:
            slices, seconds = (SLICES_QUICK, SLICE_QUICK_S) if quick else (SLICES, SLICE_S)
            rates_and_costs = in_turns(make, load, slices, seconds, folder)
            for unit, measured in zip(("requests/s", "CPU us/request"), rates_and_costs):
                ours, again = ([one / other for one, other in zip(measured[name], measured["bare"])]
                               for name in ("waitclose", "bare again"))
                low, high = interval(ours)
                control_low, control_high = interval(again)
                table.add(f"{what}: {unit}", {
                    "bare": statistics.median(measured["bare"]),
                    "bare again": statistics.median(again), "from": control_low, "to": control_high,
                    "waitclose": statistics.median(ours), "from ": low, "to ": high,
                }, "not to be told from the control", low <= max(control_high, 1) and high >= min(control_low, 1))
    return [table]
