#!/usr/bin/python3
"""Well-behaved programs, and programs that fail, do the same with the library as without, and nothing is printed."""
import subprocess
import unittest

import clients
import harness

POLICIES = {"the default": None, "a keen watcher": "grace=2s interval=20ms summary=leaks"}


class Silence(clients.Case):
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
        self.check(harness.PYTHON, "-c", clients.PYTHON_CLIENT, str(port), "/page", "/slow", "/missing", "/page",
                   out="200 a page\n")

    def test_python_refused(self):
        self.check(harness.PYTHON, "-c", clients.PYTHON_CLIENT, str(self.closed_port()), "/page", status=1,
                   err="Connection refused")

    def test_perl(self):
        self.check("perl", "-e", clients.PERL_CLIENT, str(self.answering()), out="hello\n")

    def test_perl_refused(self):
        self.check("perl", "-e", clients.PERL_CLIENT, str(self.closed_port()), status=111, err="Connection refused")

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
        self.check("bash", "-c", clients.BASH_CLIENT, "client", str(self.answering()), out="hello\n")

    def test_bash_refused(self):
        self.check("bash", "-c", clients.BASH_CLIENT, "client", str(self.closed_port()), status=3, err="Connection refused")

    def test_sh(self):
        port, _ = self.web()
        self.check("sh", "-c", "curl -sS $0 | (while read line; do echo \"$line\"; done | sort -u; exit 3)",
                   "http://127.0.0.1:%d/slow" % port, status=3, out="a long page\n")

    def test_node(self):
        port, _ = self.web()
        self.check("node", "-e", clients.NODE_CLIENT, str(port), "/page", "/slow", "/page", out="200 a page\n")

    def test_node_refused(self):
        self.check("node", "-e", clients.NODE_CLIENT, str(self.closed_port()), "/page", status=4, err="ECONNREFUSED")

    def test_java_hello(self):
        self.check(*self.java("Hello", clients.JAVA_HELLO), out="hello\n")

    def test_java_client(self):
        self.check(*self.java("Client", clients.JAVA_CLIENT), str(self.answering()), out="hello\n")

    def test_java_client_refused(self):
        self.check(*self.java("Client", clients.JAVA_CLIENT), str(self.closed_port()), status=5, err="refused")


if __name__ == "__main__":
    unittest.main()
