#!/usr/bin/python3
"""The programs that articles on CLOSE_WAIT warn of, each run as it is under the library: exactly these leaks."""
import os
import signal
import socket
import struct
import subprocess
import unittest

import harness

ARTICLES = harness.PROGRAMS / "articles"
POLICY = "format=json grace=200ms interval=50ms"


def reset(connection):
    """Ends a connection with an RST instead of a FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Articles(harness.Case):
    def setUp(self):
        super().setUp()
        self.log = self.place / "events"

    def compile(self, name):
        program = self.place / name
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run(compiler + ["-O2", "-Wall", "-Wextra", "-Werror", "-o", str(program),
                                   str(ARTICLES / (name + ".c"))], check=True, timeout=harness.PATIENCE)
        return program

    def watched(self, *command, policy=""):
        """Starts a program under the library; its own output is text on a pipe, its stderr a file."""
        policy = '%s %s log="%s"' % (POLICY, policy, self.log)
        with open(self.place / "errors", "w") as errors:
            return self.start(*command, env=harness.environment(policy), stderr=errors, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def plain_server(self):
        """The echo server without the library: somebody to talk to. The process and its port."""
        server = self.start(self.compile("server"), env=harness.environment(preload=False), text=True,
                            stdout=subprocess.PIPE)
        return server, int(server.stdout.readline())

    def leaks(self):
        return [event for event in harness.read_events(self.log) if event["event"] == "leak"]

    def wait_for_leaks(self, count):
        return harness.wait_for("%d leaks" % count, lambda: len(self.leaks()) >= count and self.leaks())

    def check_leaks(self, count, **fields):
        """So many leaks, and no more; each has these fields, and each is about another socket. Whose the other end was
        the kernel forgets at a reset."""
        leaks = self.wait_for_leaks(count)
        self.assertEqual(len(leaks), count, leaks)
        for leak in leaks:
            self.assertEqual({name: leak.get(name) for name in fields}, fields, leak)
            self.assertGreaterEqual(leak["fin_s"], 0.2, leak)
        names = ["fd", "cookie"]
        if fields["state"] == "CLOSE_WAIT":
            names.append("local" if fields["dir"] == "out" else "peer")
        for name in names:
            self.assertEqual(len({leak[name] for leak in leaks}), count, leaks)

    def check_summary(self, program, **counts):
        """The program, which now ends by itself with status 0, has leaked that and nothing else, and is none the worse."""
        self.assertEqual(program.wait(harness.PATIENCE), 0)
        events = harness.read_events(self.log)
        summary = events[-1]
        self.assertEqual(summary["event"], "summary")
        causes = {name: summary[name] for name in summary if "-" in name}
        self.assertEqual(causes, {name.replace("_", "-"): count for name, count in counts.items()})
        self.assertEqual(summary["leaks"], sum(counts.values()))
        self.assertEqual(len([event for event in events if event["event"] == "leak"]), summary["leaks"])
        self.assertEqual((self.place / "errors").read_text(), "")
        return summary

    # A C server that leaves its receive loop and forgets to close.

    def served(self, *endings, policy=""):
        """Runs the server under the library, and ends one connection after the other, each in its way."""
        server = self.watched(self.compile("server"), policy=policy)
        port = int(server.stdout.readline())
        for end in endings:
            client = socket.create_connection(("127.0.0.1", port), harness.PATIENCE)
            client.sendall(b"hello")
            self.assertEqual(client.recv(100), b"hello")
            end(client)
        return server, port

    def quit(self, port):
        with socket.create_connection(("127.0.0.1", port), harness.PATIENCE) as client:
            client.sendall(b"quit")
            try:
                client.recv(1)  # until the server is gone
            except ConnectionResetError:
                pass

    def test_server_that_forgets_to_close(self):
        server, port = self.served(*[socket.socket.close] * 3)
        self.check_leaks(3, exe="server", pid=server.pid, cause="eof-ignored", state="CLOSE_WAIT", dir="in",
                         local="127.0.0.1:%d" % port, recv_q=0, send_q=0, rx=5, tx=5)
        self.quit(port)
        summary = self.check_summary(server, eof_ignored=3)
        self.assertEqual(summary["healed"], 0)

    def test_server_whose_clients_are_reset(self):
        server, port = self.served(*[reset] * 2)
        self.check_leaks(2, exe="server", pid=server.pid, cause="error-ignored", state="CLOSE", dir="in",
                         local="127.0.0.1:%d" % port, rx=5, tx=5)
        self.quit(port)
        summary = self.check_summary(server, error_ignored=2)
        self.assertEqual(summary["healed"], 0)

    # A crawler that ignores a server's close after a 404.

    def crawl(self, large, policy=""):
        """Three pages that are missing, two that are there; the page that says 404 is small, or large."""
        port, html = self.nginx("error_page 404 /404.html;")
        (html / "here.html").write_text("here\n")
        (html / "404.html").write_text("no such page\n" * (3000 if large else 1))
        base = "http://127.0.0.1:%d" % port
        crawler = self.watched(harness.PYTHON, ARTICLES / "crawler.py", base, "/here.html", "/missing-1",
                               "/missing-2", "/here.html", "/missing-3", policy=policy)
        for line in "/here.html 200 5\n", "/here.html 200 5\n", "fetched\n":
            self.assertEqual(crawler.stdout.readline(), line)
        return crawler, port

    def finish_crawl(self, crawler):
        crawler.stdin.close()
        for line in "/missing-1 404\n", "/missing-2 404\n", "/missing-3 404\n":
            self.assertEqual(crawler.stdout.readline(), line)

    def test_crawler_that_ignores_the_close_after_a_404(self):
        crawler, port = self.crawl(large=False)
        self.check_leaks(3, exe="python3", pid=crawler.pid, cause="eof-unread", state="CLOSE_WAIT", dir="out",
                         peer="127.0.0.1:%d" % port, recv_q=0, send_q=0)
        self.finish_crawl(crawler)
        summary = self.check_summary(crawler, eof_unread=3)
        self.assertEqual(summary["healed"], 3)  # the interpreter closes what it can reach when it ends

    def test_crawler_that_leaves_the_404_unread(self):
        crawler, port = self.crawl(large=True, policy="unread-grace=200ms")
        self.check_leaks(3, exe="python3", pid=crawler.pid, cause="data-unread", state="CLOSE_WAIT", dir="out",
                         peer="127.0.0.1:%d" % port, send_q=0)
        self.assertTrue(all(leak["recv_q"] > 0 for leak in self.leaks()), self.leaks())
        self.finish_crawl(crawler)
        summary = self.check_summary(crawler, data_unread=3)
        self.assertEqual(summary["healed"], 3)

    # A Java client that reads -1 and does not close.

    def test_java_client_that_reads_the_end_and_does_not_close(self):
        subprocess.run(["javac", "-d", str(self.place), str(ARTICLES / "LeakyClient.java")], check=True,
                       timeout=harness.PATIENCE)
        listener, port = harness.listen()
        with listener:
            client = self.watched("java", "-cp", self.place, "LeakyClient", port, 3)
            listener.settimeout(harness.PATIENCE)
            for _ in range(3):
                with listener.accept()[0] as connection:
                    connection.sendall(b"goodbye")
                self.assertEqual(client.stdout.readline(), "read 7\n")
        self.check_leaks(3, exe="java", pid=client.pid, cause="eof-ignored", state="CLOSE_WAIT", dir="out",
                         peer="127.0.0.1:%d" % port, recv_q=0, send_q=0, rx=7, tx=0)
        client.stdin.close()
        self.assertEqual(client.stdout.readline(), "sockets 3\n")
        summary = self.check_summary(client, eof_ignored=3)
        self.assertEqual(summary["healed"], 0)

    # A server that is killed in the middle of a conversation.

    def talk(self, *lines):
        """A client under the library has said these lines to a server, which was stopped after its first answer."""
        server, port = self.plain_server()
        client = self.watched(self.compile("client"), port)
        client.stdin.write("hello?\n")
        client.stdin.flush()
        self.assertEqual(client.stdout.readline(), "sent hello?\n")
        self.assertEqual(client.stdout.readline(), "got 7\n")
        server.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, server.pid, os.WSTOPPED)
        for line in lines:
            client.stdin.write(line)
            client.stdin.flush()
        return server, port, client

    def kill(self, server):
        server.kill()
        server.wait(harness.PATIENCE)

    def finish_talk(self, client, **counts):
        client.stdin.close()
        summary = self.check_summary(client, **counts)
        self.assertEqual(summary["sockets"], 1)
        self.assertEqual(summary["healed"], 0)

    def test_killed_server_that_had_read_everything(self):
        server, port, client = self.talk()
        self.kill(server)
        self.check_leaks(1, exe="client", pid=client.pid, cause="eof-unread", state="CLOSE_WAIT", dir="out",
                         peer="127.0.0.1:%d" % port, recv_q=0, send_q=0, rx=7, tx=7)
        self.finish_talk(client, eof_unread=1)

    def test_killed_server_that_had_not_read_everything(self):
        server, port, client = self.talk("more\n")
        self.assertEqual(client.stdout.readline(), "sent more\n")
        self.kill(server)
        self.check_leaks(1, exe="client", pid=client.pid, cause="reset-unread", state="CLOSE", dir="out",
                         peer="127.0.0.1:%d" % port, rx=7)
        self.finish_talk(client, reset_unread=1)

    def test_killed_server_whose_client_was_waiting_for_the_answer(self):
        server, port, client = self.talk("more?\n")
        self.assertEqual(client.stdout.readline(), "sent more?\n")
        self.kill(server)
        self.assertEqual(client.stdout.readline(), "error\n")
        self.check_leaks(1, exe="client", pid=client.pid, cause="error-ignored", state="CLOSE", dir="out",
                         peer="127.0.0.1:%d" % port, rx=7)
        self.finish_talk(client, error_ignored=1)


if __name__ == "__main__":
    unittest.main()
