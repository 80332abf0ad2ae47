"""What the tests of waitclose report share: logs, by real programs and written by hand, and what it makes of them."""
import json
import os
import re
import socket
import subprocess
import time

import harness

COMMAND = harness.BUILD / "waitclose"
SOURCE = harness.PROGRAMS / "report" / "server.c"
POLICY = "grace=100ms interval=50ms"


def leak(pid=1, cookie=1, exe="app", cause="eof-unread", peer="10.0.0.1:80", site="app+0x10", **more):
    return dict(event="leak", pid=pid, exe=exe, cause=cause, dir="out", peer=peer, site=site, **more, cookie=hex(cookie))


def as_text(events):
    return "".join("waitclose: %s %s\n" % (event["event"], " ".join("%s=%s" % pair for pair in list(event.items())[1:]))
                   for event in events)


def as_json(events, start=1769850000):
    return "".join(json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(start + at)), **event}) + "\n"
                   for at, event in enumerate(events))


class Report(harness.Case):
    maxDiff = None

    def run_report(self, *words, status, errors="", text=None, **more):
        """What it says, having exited like that."""
        finished = subprocess.run([str(COMMAND), "report", *map(str, words)], input=text, capture_output=True, text=True,
                                  env=harness.environment(preload=False, **more), timeout=harness.PATIENCE, cwd=self.place)
        self.assertEqual((finished.returncode, finished.stderr), (status, errors), finished.stdout)
        return finished.stdout

    def report(self, *words, status, **more):
        return json.loads(self.run_report("--json", *words, status=status, **more))

    def write(self, name, text):
        path = self.place / name
        path.write_text(text)
        return path

    def compile(self, *flags, name="server", source=SOURCE):
        program = self.place / name
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run(compiler + ["-O2", "-Wall", "-Wextra", "-Werror", *flags, "-o", str(program), str(source)],
                       check=True, timeout=harness.PATIENCE)
        return program

    def build_of(self, program):
        notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True, check=True).stdout
        return re.search(r"Build ID: ([0-9a-f]+)", notes)[1]

    def separate_debug(self, program, directory):
        """Takes the debug information out of a program, and puts it where its build-id says."""
        build = self.build_of(program)
        file = directory / ".build-id" / build[:2] / (build[2:] + ".debug")
        file.parent.mkdir(parents=True)
        subprocess.run(["objcopy", "--only-keep-debug", program, file], check=True)
        subprocess.run(["strip", program], check=True)
        return directory

    def watched(self, *command, log, policy="", form="json"):
        policy = '%s format=%s %s log="%s"' % (POLICY, form, policy, log)
        return self.start(*command, env=harness.environment(policy), text=True, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE)

    def wait_for_leaks(self, log, count):
        harness.wait_for("%d leaks" % count, lambda: log.exists() and len(re.findall(
            r'waitclose: leak .*\n|"event":"leak".*\n', log.read_text())) >= count)

    def serve(self, program, forgotten, neglected, log, **options):
        """The server has leaked that many sockets in each function, and waits."""
        server = self.watched(program, forgotten, neglected, log=log, **options)
        port = int(server.stdout.readline())
        for _ in range(forgotten + neglected):
            socket.create_connection(("127.0.0.1", port), harness.PATIENCE).close()
        self.wait_for_leaks(log, forgotten + neglected)
        return server

    def finish(self, program):
        program.stdin.close()
        self.assertEqual(program.wait(harness.PATIENCE), 0)
