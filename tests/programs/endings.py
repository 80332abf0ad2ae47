"""What the tests of ended connections share: programs under a policy, their events, and the kernel's own words."""
import os
import re
import subprocess
import time

import harness

SECONDS = 2  # over which a program that waits is watched
SPIN = 0.2  # seconds on a processor in that time that would be too much
ORPHAN = 60  # seconds that a FIN_WAIT2 stays which nobody ends (net.ipv4.tcp_fin_timeout)
# What is left of a client's connection at either end, if anything.
LEFT = {"fin": {(None, "TIME-WAIT")}, "close": {(None, "TIME-WAIT")}, "reset": {None}}


def connections(port):
    """What `ss` shows of the connections to a port: for each client's address the states at both ends, the client's
    first; None where there is nothing."""
    shown = subprocess.run(["ss", "-Htan", "sport = :%d or dport = :%d" % (port, port)], check=True,
                           stdout=subprocess.PIPE, text=True, timeout=harness.PATIENCE).stdout
    found = {}
    shown = re.sub(r"\[::ffff:([\d.]+)\]", r"\1", shown)  # as the other end sees it
    for line in shown.splitlines():
        state, _, _, local, peer = line.split()
        at_server = local.endswith(":%d" % port)
        if state != "LISTEN":
            found.setdefault(peer if at_server else local, [None, None])[at_server] = state
    return {client: tuple(states) for client, states in found.items()}


def all_in(states, count, port):
    """The connections to a port, if there are so many, each in these states."""
    found = connections(port)
    return found if list(found.values()) == [states] * count else None


def processor_time(process):
    """Seconds that a process has spent on a processor."""
    with open("/proc/%d/stat" % process.pid) as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Case(harness.Case):
    def setUp(self):
        super().setUp()
        self.started = 0

    def run_under(self, policy, *command, **options):
        """Starts a program under the library and a policy, or without it (None). Its input and output are text on
        pipes; .errors and .log are where its errors and the events go."""
        self.started += 1
        place = self.place / ("run-%d" % self.started)
        place.mkdir()
        log, errors = place / "events", place / "errors"
        words = None if policy is None else 'format=json interval=50ms log="%s" %s' % (log, policy)
        with open(errors, "w") as stderr:
            process = self.start(*command, env=harness.environment(words, policy is not None), stderr=stderr, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        process.log, process.errors = log, errors
        return process

    def go_on(self, process):
        """Gives it a line of input, and no more."""
        process.stdin.write("\n")
        process.stdin.close()

    def end_of(self, process):
        """What it still says, until it ends by itself; its status and errors."""
        said = process.stdout.read()
        return said, process.wait(harness.PATIENCE), process.errors.read_text()

    def events(self, process, *kinds):
        return [event for event in harness.read_events(process.log) if event["event"] in kinds]

    def wait_for(self, process, kind, count=1):
        return harness.wait_for("%d times %s" % (count, kind), lambda: (
            len(self.events(process, kind)) >= count and self.events(process, kind)))

    def check_acted(self, process, action, count):
        """So many leaks of a client, and each was ended so, with success: the kernel shows neither a CLOSE_WAIT of them
        nor the peer's FIN_WAIT2. Returns the clients' addresses."""
        self.wait_for(process, "action", count)
        leaks, actions = self.events(process, "leak"), self.events(process, "action")
        self.assertEqual((len(leaks), len(actions)), (count, count))
        self.assertEqual({(event["action"], event["result"]) for event in actions}, {(action, "ok")})
        for leak in leaks:
            of_it = [event for event in self.events(process, "leak", "action") if event["cookie"] == leak["cookie"]]
            self.assertEqual([event["event"] for event in of_it], ["leak", "action"])
            self.assertEqual((of_it[1]["fd"], of_it[1]["local"]), (leak["fd"], leak["local"]))
        clients, peers = {leak["local"] for leak in leaks}, {leak["peer"] for leak in leaks}
        self.assertEqual((len(clients), len(peers)), (count, 1), leaks)
        self.check_gone(clients, int(peers.pop().rpartition(":")[2]), LEFT[action])
        return clients

    def check_gone(self, clients, port, left):
        """Of these clients' connections nothing else is left than this."""
        def states():
            found = connections(port)
            return {found.get(client) for client in clients}
        began = time.monotonic()
        harness.wait_for("the end of connections", lambda: states() == left)
        self.assertLess(time.monotonic() - began, ORPHAN / 4)

    def check_summary(self, process, **counts):
        summary = harness.read_events(process.log)[-1]
        self.assertEqual({name: summary.get(name) for name in counts}, counts, summary)

    def check_at_rest(self, *processes):
        """They wait, and do nothing else: no loop spins."""
        before = [processor_time(process) for process in processes]
        time.sleep(SECONDS)
        spent = [processor_time(process) - start for process, start in zip(processes, before)]
        self.assertLess(max(spent), SPIN)
