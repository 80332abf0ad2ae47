"""Load for web servers: connections that stay (wrk), one for each request (ab), and one that waits; and nginx."""
import http.client
import os
import re
import signal
import time

import harness
import servers

CONNECTIONS = 5  # of each wrk
GENERATION = 4  # processes that end one after the other; what one ends may come to the next

NGINX = """
daemon off;
pid %(place)s/%(name)s.pid;
error_log %(place)s/%(name)s.log warn;
%(user)s
worker_processes 2;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
    keepalive_timeout 60s;
    %(http)s
    server { listen 127.0.0.1:%(port)d; root html; %(server)s }
}
"""


class Load:
    """On the server of a trial; its own is on the port, others have their URL."""

    def __init__(self, trial, port):
        self.trial, self.case, self.port = trial, trial.case, port

    def url(self, path):
        return path if "://" in path else "http://127.0.0.1:%d%s" % (self.port, path)

    def many(self, path, count):
        """A connection for each request, beside whatever comes next; to be passed to `many_well`."""
        return self.trial.start("ab", "-q", "-n", count * servers.MORE, "-c", 10, self.url(path))

    def many_well(self, client):
        said = self.trial.finish(client)
        numbers = {name: int(number) for name, number in re.findall(r"^([\w -]+): +(\d+)\b", said, re.M)}
        wrong = {name: numbers.get(name, 0) for name in ("Failed requests", "Write errors", "Non-2xx responses")}
        self.case.assertEqual(set(wrong.values()), {0}, said)
        self.trial.count("complete", numbers["Complete requests"])

    def kept_alive(self, path):
        """Requests on connections that stay, beside whatever comes next; to be passed to `kept_alive_well`."""
        return self.trial.start("wrk", "-t", 1, "-c", CONNECTIONS, "-d", "%ds" % servers.MORE, "--timeout", "30s",
                                self.url(path))

    def kept_alive_well(self, client, most_reads=0):
        """most_reads: how often a connection may have ended while a request came, for a server that was reloaded ends
        those that it takes for idle."""
        said = self.trial.finish(client)
        errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
        connect, read, write, timeout = map(int, errors.groups()) if errors else (0, 0, 0, 0)
        self.case.assertEqual((connect, write, timeout, "Non-2xx" in said), (0, 0, 0, False), said)
        self.case.assertLessEqual(read, most_reads, said)
        self.case.assertNotIn("\n  0 requests", said)

    def bystander(self, path):
        """Asks, waits for longer than the grace, and asks again on the same connection, when called."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=harness.PATIENCE)
        self.case.addCleanup(connection.close)

        def ask():
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            self.case.assertEqual(answer.status, 200, body)
            return connection.sock.getsockname(), body
        first = ask()
        return lambda: self.case.assertEqual(ask(), first)

    def all(self, reload, *paths, reloads=2):
        """All kinds of it on all paths; then the first and the last while the server is reloaded."""
        again = self.bystander(paths[0])
        kept = [self.kept_alive(path) for path in paths]
        for client in [self.many(path, 200) for path in paths]:
            self.many_well(client)
        for client in kept:
            self.kept_alive_well(client)
        again()
        kept, many = self.kept_alive(paths[0]), self.many(paths[-1], 1000)
        for _ in range(reloads):
            time.sleep(0.3)
            reload()
        self.kept_alive_well(kept, most_reads=CONNECTIONS * reloads * GENERATION)
        self.many_well(many)


class Case(servers.Case):
    """With nginx, before or behind other servers."""

    def pages(self, trial):
        html = trial.place / "html"
        if not html.exists():
            html.mkdir()
            (html / "page").write_text("a page\n")
            (html / "long").write_bytes(b"a long page\n" * 10000)

    def start_nginx(self, trial, name="nginx", http="", server=""):
        """Its process and port."""
        self.pages(trial)
        port = servers.free_port()
        user = "user www-data;" if os.geteuid() == 0 else ""
        (trial.place / (name + ".conf")).write_text(NGINX % {
            "place": trial.place, "name": name, "user": user, "port": port, "http": http, "server": server})
        return trial.serve(port, "/usr/sbin/nginx", "-e", trial.place / (name + ".log"), "-p", trial.place,
                           "-c", name + ".conf"), port

    @staticmethod
    def end_idle(*servers_behind):
        """Connections that nobody uses just now: nginx has new workers, and the old ones end theirs."""
        for each in servers_behind:
            each.send_signal(signal.SIGHUP)
