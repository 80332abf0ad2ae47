#!/usr/bin/python3
"""nginx, Apache and haproxy under load, reloaded and stopped: with the library they do what they do without."""
import os
import signal
import subprocess
import unittest

import harness
import servers
import web_load

PROXY = """
    upstream behind { server 127.0.0.1:%d; keepalive 8; }
    ssl_certificate %s; ssl_certificate_key %s;
"""
PROXY_SERVER = """
    listen 127.0.0.1:%d ssl;
    location /behind/ {
        proxy_pass http://behind/; proxy_http_version 1.1; proxy_set_header Connection "";
    }
"""

APACHE = """
ServerRoot %(place)s
ServerName localhost
Listen 127.0.0.1:%(port)d
PidFile apache.pid
ErrorLog apache.log
LogLevel warn
DefaultRuntimeDir %(place)s
DocumentRoot %(place)s/html
%(modules)s
%(user)s
KeepAliveTimeout 60
MaxKeepAliveRequests 100
GracefulShutDownTimeout 1
<IfModule mpm_prefork_module>
    StartServers 8
    MaxRequestWorkers 40
</IfModule>
<IfModule mpm_event_module>
    StartServers 2
    ThreadsPerChild 64
    MaxRequestWorkers 128
</IfModule>
ProxyPass /behind/ http://127.0.0.1:%(behind)d/
"""
APACHE_MODULES = "authz_core", "proxy", "proxy_http"
MODULES = "/usr/lib/apache2/modules"

HAPROXY = """
global
    stats socket %(place)s/haproxy.sock mode 600 level admin expose-fd listeners
    hard-stop-after 5s
defaults
    mode http
    timeout connect 60s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 60s
    http-reuse always
    retries 3
frontend front
    bind 127.0.0.1:%(port)d
    default_backend behind
backend behind
    balance roundrobin
    server one 127.0.0.1:%(one)d check inter 1s fall 9
    server two 127.0.0.1:%(two)d check inter 1s fall 9
"""


class Web(web_load.Case):
    # nginx

    def nginx(self, trial):
        behind, behind_port = self.start_nginx(trial, "behind")
        tls_port = servers.free_port()
        key, certificate = trial.place / "key", trial.place / "certificate"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True,
                       stderr=subprocess.DEVNULL)
        server, port = self.start_nginx(trial, http=PROXY % (behind_port, certificate, key),
                                        server=PROXY_SERVER % tls_port)
        load = web_load.Load(trial, port)
        load.all(lambda: server.send_signal(signal.SIGHUP),
                 "/page", "/long", "https://127.0.0.1:%d/long" % tls_port, "/behind/page")
        self.end_idle(behind)
        trial.rest(server)
        load.many_well(load.many("/behind/page", 100))
        for each in server, behind:
            trial.stop(each, signal.SIGQUIT)
        trial.complain(trial.place / "nginx.log")

    def test_nginx(self):
        self.compare(self.nginx, ["nginx", "wrk", "ab"])

    # Apache

    def start_apache(self, trial, processing, behind_port, drops):
        """drops: it is started as root, and its workers are somebody else; otherwise all of it is somebody else."""
        port = servers.free_port()
        modules = "".join("LoadModule %s_module %s/mod_%s.so\n" % (name, MODULES, name)
                          for name in ("mpm_" + processing, *APACHE_MODULES))
        root = os.geteuid() == 0
        (trial.place / "apache.conf").write_text(APACHE % {
            "place": trial.place, "port": port, "behind": behind_port, "modules": modules,
            "user": "User www-data\nGroup www-data" if root and drops else ""})
        trial.place.chmod(0o777)
        user = dict(user="www-data", group="www-data", extra_groups=[]) if root and not drops else {}
        server = trial.serve(port, "/usr/sbin/apache2", "-D", "FOREGROUND", "-f", trial.place / "apache.conf", **user)
        return server, port

    def apache(self, trial, processing, drops, sign):
        """Apache keeps what it has in its pools, and does not look whether it has ended: those leaks are true. sign:
        what tells of them."""
        self.pages(trial)
        behind, behind_port = self.start_nginx(trial, "behind")
        server, port = self.start_apache(trial, processing, behind_port, drops)
        load = web_load.Load(trial, port)
        load.all(lambda: server.send_signal(signal.SIGUSR1), "/page", "/long", "/behind/page")
        load.many_well(load.many("/behind/page", 100))
        self.end_idle(behind)
        if trial.keen:
            harness.wait_for("its leaks", lambda: [
                event for event in trial.events() if event["event"] == sign[0] and event["exe"] == "apache2" and
                event["peer"] == "127.0.0.1:%d" % behind_port and event.get("result") == sign[1]])
        trial.rest(server)
        load.many_well(load.many("/behind/page", 100))
        trial.stop(server, signal.SIGWINCH)
        trial.stop(behind, signal.SIGQUIT)
        trial.complain(trial.place / "apache.log")

    def test_apache_with_processes(self):
        self.compare(lambda trial: self.apache(trial, "prefork", True, ("leak", None)), ["apache2", "nginx"])

    def test_apache_with_threads(self):
        """As nobody, so that it may look at all that could hold its connections, and they are ended."""
        self.compare(lambda trial: self.apache(trial, "event", False, ("action", "ok")), ["apache2", "nginx"])

    # haproxy

    def haproxy(self, trial):
        (one, one_port), (two, two_port) = self.start_nginx(trial, "one"), self.start_nginx(trial, "two")
        port = servers.free_port()
        (trial.place / "haproxy.conf").write_text(HAPROXY % {
            "place": trial.place, "port": port, "one": one_port, "two": two_port})
        server = trial.serve(port, "/usr/sbin/haproxy", "-W", "-db", "-f", trial.place / "haproxy.conf")
        load = web_load.Load(trial, port)
        load.all(lambda: server.send_signal(signal.SIGUSR2), "/page", "/long")
        self.end_idle(one, two)
        trial.rest(server)
        load.many_well(load.many("/page", 100))
        trial.stop(server, signal.SIGUSR1)
        for each in one, two:
            trial.stop(each, signal.SIGQUIT)

    def test_haproxy(self):
        self.compare(self.haproxy, ["haproxy", "nginx"])


if __name__ == "__main__":
    unittest.main()
