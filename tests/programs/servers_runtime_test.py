#!/usr/bin/python3
"""Tomcat and a cluster of Node under load, reloaded and stopped: with the library they do what they do without."""
import os
import signal
import unittest

import harness
import servers
import web_load

TOMCAT = "/usr/share/tomcat10"
SERVER_XML = """
<Server port="-1"><Service name="Catalina">
    <Connector address="127.0.0.1" port="%d" protocol="HTTP/1.1" maxThreads="40" maxKeepAliveRequests="-1"/>
    <Engine name="Catalina" defaultHost="localhost" backgroundProcessorDelay="1">
        <Host name="localhost" appBase="webapps" unpackWARs="false"/>
    </Engine>
</Service></Server>
"""
CONTEXT_XML = """
<Context>
    <WatchedResource>WEB-INF/web.xml</WatchedResource>
    <JarScanner><JarScanFilter defaultTldScan="false" defaultPluggabilityScan="false"/></JarScanner>
</Context>
"""
WEB_XML = """
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0" metadata-complete="true">
    <servlet>
        <servlet-name>default</servlet-name>
        <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class>
    </servlet>
    <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping>
</web-app>
"""

LONG_AGO = 10 ** 9  # what has changed within ten seconds Tomcat does not load anew yet

# The primary accepts, and passes connections to its workers. At SIGHUP others take their place, which then end.
NODE = """
const cluster = require("cluster"), http = require("http");
const [port, behind] = process.argv.slice(2);
const workers = 2;

function primary() {
    for (let i = 0; i < workers; i++)
        cluster.fork();
    const all = () => Object.values(cluster.workers);
    const retire = worker => worker.exitedAfterDisconnect || !worker.isConnected() || worker.disconnect();
    process.on("SIGHUP", () => all().forEach(old => cluster.fork().once("listening", () => retire(old))));
    process.on("SIGTERM", () => all().forEach(retire));
    cluster.on("exit", (worker, code, signal) => code || signal ? console.log("exit", code, signal) : 0);
}

function worker() {
    const agent = new http.Agent({keepAlive: true, maxSockets: 8});
    const server = http.createServer((request, response) => {
        if (!request.url.startsWith("/behind"))
            return response.end("a page\\n".repeat(request.url == "/long" ? 10000 : 1));
        http.get({host: "127.0.0.1", port: behind, path: "/page", agent}, answer => answer.pipe(response))
            .on("error", error => { console.log(error.message); response.statusCode = 502; response.end(); });
    });
    server.keepAliveTimeout = 60000;
    server.listen(port, "127.0.0.1");
    process.on("disconnect", () => setInterval(() => server.closeIdleConnections(), 20).unref());
}

cluster.isPrimary ? primary() : worker();
"""


class Runtime(web_load.Case):
    def tomcat(self, trial):
        port, base = servers.free_port(), trial.place / "tomcat"
        application = base / "webapps" / "ROOT"
        settings = application / "WEB-INF" / "web.xml"
        for directory in base / "conf", base / "temp", settings.parent:
            directory.mkdir(parents=True)
        (base / "conf" / "server.xml").write_text(SERVER_XML % port)
        (base / "conf" / "context.xml").write_text(CONTEXT_XML)
        settings.write_text(WEB_XML)
        (application / "page").write_text("a page\n")
        (application / "long").write_bytes(b"a long page\n" * 10000)
        jars = ":".join("%s/bin/%s.jar" % (TOMCAT, name) for name in ("bootstrap", "tomcat-juli"))
        server = trial.serve(port, "java", "-Xshare:auto", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", jars,
                             "-Dcatalina.home=%s" % TOMCAT, "-Dcatalina.base=%s" % base,
                             "-Djava.io.tmpdir=%s" % (base / "temp"), "org.apache.catalina.startup.Bootstrap", "start")
        web_load.Load(trial, port).all(lambda: os.utime(settings, (LONG_AGO, LONG_AGO)), "/page", "/long", reloads=1)
        harness.wait_for("the reload", lambda: "] is completed" in server.output.read_text())
        trial.rest(server)
        trial.stop(server, complaints="SEVERE|WARNING|Exception")

    def test_tomcat(self):
        self.compare(self.tomcat, ["java"])

    def node(self, trial):
        behind, behind_port = self.behind(trial, patience="60s")
        port, script = servers.free_port(), trial.place / "server.js"
        script.write_text(NODE)
        server = trial.serve(port, "node", script, port, behind_port)
        web_load.Load(trial, port).all(lambda: server.send_signal(signal.SIGHUP), "/page", "/long", "/behind/page")
        trial.rest(server)
        trial.stop(server)
        trial.stop(behind, signal.SIGQUIT)

    def test_node(self):
        self.compare(self.node, ["node", "nginx"])


if __name__ == "__main__":
    unittest.main()
