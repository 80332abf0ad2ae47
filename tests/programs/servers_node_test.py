#!/usr/bin/python3
"""A cluster of Node under load, reloaded and stopped: with the library it does what it does without."""
import signal
import unittest

import servers
import web_load

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


class Node(web_load.Case):
    def node(self, trial):
        behind, behind_port = self.start_nginx(trial)
        port, script = servers.free_port(), trial.place / "server.js"
        script.write_text(NODE)
        server = trial.serve(port, "node", script, port, behind_port)
        load = web_load.Load(trial, port)
        load.all(lambda: server.send_signal(signal.SIGHUP), "/page", "/long", "/behind/page", reloads=1)
        self.end_idle(behind)
        trial.rest(server)
        load.many_well(load.many("/behind/page", 100))
        trial.stop(server)
        trial.stop(behind, signal.SIGQUIT)

    def test_node(self):
        self.compare(self.node, ["node", "nginx"])


if __name__ == "__main__":
    unittest.main()
