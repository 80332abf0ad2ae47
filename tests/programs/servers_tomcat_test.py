#!/usr/bin/python3
"""Tomcat under load, reloaded and stopped: with the library it does what it does without."""
import os
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


class Tomcat(web_load.Case):
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


if __name__ == "__main__":
    unittest.main()
