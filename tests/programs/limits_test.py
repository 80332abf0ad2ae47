#!/usr/bin/python3
"""Programs that leak until something runs out: their descriptors (release=), or somebody's patience (limit=)."""
import signal
import socket
import time
import unittest

import endings
import harness

DESCRIPTORS = 60
CLIENTS, AT_ONCE = 300, 30
LEFT_OPEN = 10  # descriptors that the server has besides its clients', at most
QUICK = "grace=100ms interval=20ms"
LIMIT = 5

# It keeps each request, and with it the connection. Where it cannot accept, it says why and ends.
SERVER = """
import socketserver, sys

class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        kept.append(self.request)
        word = self.request.recv(100)
        if word == b"quit":
            sys.exit()
        self.request.sendall(word)

class Server(socketserver.TCPServer):
    def get_request(self):
        try:
            return super().get_request()
        except OSError as error:
            sys.exit(error.strerror)

    def shutdown_request(self, request):
        pass

kept = []
with Server(("127.0.0.1", 0), Handler) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
"""


class Release(endings.Case):
    def serve(self, policy):
        server = self.run_under("%s action=close %s" % (QUICK, policy), "prlimit", "--nofile=%d" % DESCRIPTORS,
                                harness.PYTHON, "-c", SERVER)
        return server, ("127.0.0.1", int(server.stdout.readline()))

    def talk(self, address, word):
        """One client; what the server answered, nothing where it has gone."""
        try:
            with socket.create_connection(address, harness.PATIENCE) as client:
                client.sendall(word)
                return client.recv(100)
        except ConnectionError:
            return b""

    def acted(self, server, action):
        return [event for event in self.events(server, "action") if event["action"] == action]

    def visit(self, server, address, numbers):
        """A client after the other; then until all their connections are ended. How many were served."""
        for number in numbers:
            word = b"client %d" % number
            if self.talk(address, word) != word:
                return number
        harness.wait_for("ends", lambda: len(self.acted(server, "close")) == numbers.stop)
        return numbers.stop

    def visit_in_turns(self, server, address, pause=0.0):
        for first in range(AT_ONCE, CLIENTS, AT_ONCE):
            time.sleep(pause)
            served = self.visit(server, address, range(first, first + AT_ONCE))
            if served < first + AT_ONCE:
                return served
        return CLIENTS

    def check_all_served(self, server, address, pause=0.0):
        self.assertEqual(self.visit_in_turns(server, address, pause), CLIENTS)
        self.talk(address, b"quit")
        self.assertEqual(self.end_of(server), ("", 0, ""))
        self.check_summary(server, leaks=CLIENTS, acted=CLIENTS)
        self.assertEqual({event["result"] for event in self.events(server, "action")}, {"ok"})
        released = self.acted(server, "release")
        self.assertGreaterEqual(len(released), CLIENTS - DESCRIPTORS)
        self.assertEqual(len({event["cookie"] for event in released}), len(released))

    def test_without_it_descriptors_run_out(self):
        server, address = self.serve("")
        self.assertEqual(self.visit(server, address, range(AT_ONCE)), AT_ONCE)
        served = self.visit_in_turns(server, address)
        self.assertIn(served, range(DESCRIPTORS - LEFT_OPEN, DESCRIPTORS))
        self.assertEqual(self.end_of(server), ("", 1, "Too many open files\n"))
        self.assertEqual(self.acted(server, "release"), [])

    def test_when_they_have_run_out(self):
        server, address = self.serve("release=emfile")
        self.visit(server, address, range(AT_ONCE))
        self.assertEqual(self.acted(server, "release"), [])
        self.check_all_served(server, address)

    def test_by_time(self):
        server, address = self.serve("release=300ms")
        self.visit(server, address, range(AT_ONCE))
        self.check_all_served(server, address, pause=0.4)


class Limit(endings.Case):
    def crawl(self, policy):
        """A crawler that leaks the connections of missing pages, more than the limit allows."""
        port, _ = self.nginx("")
        paths = ["/missing-%d" % number for number in range(LIMIT + 2)]
        crawler = self.run_under("%s %s" % (QUICK, policy), "prlimit", "--core=0", harness.PYTHON,
                                 harness.PROGRAMS / "articles" / "crawler.py", "http://127.0.0.1:%d" % port, *paths)
        return crawler, "".join(path + " 404\n" for path in paths)

    def check_limit(self, crawler, name):
        """One such event, after as many leaks as it says."""
        limits = self.events(crawler, "limit")
        self.assertEqual([(limit["limit"], limit["signal"]) for limit in limits], [(LIMIT, name)])
        self.assertGreaterEqual(limits[0]["leaks"], LIMIT)
        before = harness.read_events(crawler.log)
        self.assertEqual(before[:before.index(limits[0])], self.events(crawler, "leak")[:limits[0]["leaks"]])

    def check_death(self, policy, number):
        crawler, _ = self.crawl(policy)
        self.assertEqual(self.end_of(crawler)[1:], (-number, ""))
        self.check_limit(crawler, number.name)
        self.assertEqual(harness.read_events(crawler.log)[-1]["event"], "limit")

    def test_term(self):
        self.check_death("limit=%d:term" % LIMIT, signal.SIGTERM)

    def test_abort(self):
        self.check_death("limit=%d:abort" % LIMIT, signal.SIGABRT)

    def test_only_the_event(self):
        crawler, report = self.crawl("limit=%d" % LIMIT)
        self.assertEqual(crawler.stdout.readline(), "fetched\n")
        self.wait_for(crawler, "leak", LIMIT + 2)
        self.wait_for(crawler, "limit")
        self.go_on(crawler)
        self.assertEqual(self.end_of(crawler), (report, 0, ""))
        self.check_limit(crawler, "none")
        self.check_summary(crawler, leaks=LIMIT + 2, acted=0)

    def test_what_was_ended_does_not_count(self):
        crawler, report = self.crawl("limit=%d:term action=fin" % (LIMIT + 3))
        self.check_acted(crawler, "fin", LIMIT + 2)
        self.go_on(crawler)
        self.assertEqual(self.end_of(crawler), ("fetched\n" + report, 0, ""))
        self.assertEqual(self.events(crawler, "limit"), [])


if __name__ == "__main__":
    unittest.main()
