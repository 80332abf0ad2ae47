"""Socket options given to real, unmodified programs, clients and servers: the timers that ss shows of their connections."""
import re
import subprocess
import unittest

from harness import PYTHON, environment, wait_for
from networks import FAR, NEAR, NEAR6, NetworkCase

POLICY = "keepalive%s1800/3/2 log=none"


class Programs(NetworkCase):
    def timer(self, side, port):
        """Seconds left of the keepalive timer; None: it has none."""
        line, = wait_for("a connection", lambda: self.ss(self.near, "-o", "state", "established", side, "=", ":%d" % port))
        found = re.search(r"timer:\(keepalive,(?:(\d+)min)?(?:(\d+)sec|[\d.]+ms)?,0\)", line)
        return found and 60 * int(found[1] or 0) + int(found[2] or 0)

    def assert_timer(self, seconds, expected):
        """From ten minutes on ss leaves out the seconds."""
        if expected is None:
            self.assertIsNone(seconds)
        else:
            self.assertIsNotNone(seconds)
            self.assertGreater(seconds, expected * 0.9)
            self.assertLessEqual(seconds, expected)

    def with_policy(self, sign="="):
        return environment(POLICY % sign) if sign else environment(preload=False)

    def client(self, sign, command, expected, speaks=True):
        listener, address = self.listener(self.far, FAR)
        process = self.start_in(self.near, *(word.format(host=address[0], port=address[1]) for word in command),
                                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=self.with_policy(sign))
        connection = self.kept(listener.accept()[0])
        if speaks:  # then it has set what it sets
            connection.recv(1)
        self.assert_timer(self.timer("dport", address[1]), expected)
        process.kill()

    def test_nc(self):
        for sign, seconds in (("", None), ("=", 1800), ("!=", 1800)):
            with self.subTest(sign):
                self.client(sign, ["nc", "{host}", "{port}"], seconds, speaks=False)

    def test_curl(self):
        """Which sets a minute itself, and so has its way but where the policy's is enforced."""
        for sign, seconds in (("", 60), ("=", 60), ("!=", 1800)):
            with self.subTest(sign):
                self.client(sign, ["curl", "-s", "http://{host}:{port}/"], seconds)

    def test_redis_cli(self):
        """Which sets 15 seconds itself."""
        for sign, seconds in (("", 15), ("=", 15), ("!=", 1800)):
            with self.subTest(sign):
                self.client(sign, ["redis-cli", "-h", "{host}", "-p", "{port}", "ping"], seconds)

    def server(self, sign, address, command, expected, request=b""):
        process = self.start_in(self.near, *command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=self.with_policy(sign))

        def connected():
            self.assertIsNone(process.poll())
            try:
                return self.connect(self.far, address)
            except ConnectionRefusedError:
                return None
        client = wait_for("the server", connected)
        if request:
            client.sendall(request)
            self.assertTrue(client.recv(1))
        self.assert_timer(self.timer("sport", address[1]), expected)
        process.terminate()
        process.wait()

    def test_redis_server(self):
        """Which sets five minutes on what it accepts, or with 0 nothing."""
        for own, sign, seconds in (("300", "", 300), ("300", "=", 300), ("300", "!=", 1800), ("0", "", None), ("0", "=", 1800)):
            with self.subTest(own=own, sign=sign):
                command = ["redis-server", "--bind", NEAR, "--port", "6379", "--save", "", "--dir", self.place,
                           "--protected-mode", "no", "--tcp-keepalive", own]
                self.server(sign, (NEAR, 6379), command, seconds, b"PING\r\n")

    def test_nginx(self):
        """Its worker's connections, by the listener that its master made; IPv6."""
        (self.place / "nginx.conf").write_text(
            "daemon off; pid nginx.pid; user root; worker_processes 1; events {} http { access_log off; "
            "client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s; "
            "server { listen [%s]:80; } }\n" % NEAR6)
        command = ["/usr/sbin/nginx", "-e", self.place / "error.log", "-p", self.place, "-c", "nginx.conf"]
        for sign, seconds in (("", None), ("=", 1800)):
            with self.subTest(sign):
                self.server(sign, (NEAR6, 80), command, seconds, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

    def test_python(self):
        command = [PYTHON, "-m", "http.server", "--bind", NEAR, "--directory", self.place, "8000"]
        for sign, seconds in (("", None), ("=", 1800)):
            with self.subTest(sign):
                self.server(sign, (NEAR, 8000), command, seconds)


if __name__ == "__main__":
    unittest.main()
