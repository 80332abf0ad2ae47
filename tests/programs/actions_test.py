#!/usr/bin/python3
"""Pools and clients that leak, in Python, Java and Node, under each action: what the kernel shows, how they go on."""
import socket
import subprocess
import threading
import unittest

import endings
import harness

POOL = harness.PROGRAMS.parent.parent / "scripts" / "demo_pool.py"
POOL_SECONDS = 5
POLICIES = {action: "action=%s grace=200ms" % action for action in ("fin", "reset", "close")}
WEB = 'keepalive_timeout 500ms; location / { return 200 "hello"; }'

# It uses its connections again when told to. On stderr: what went wrong with each.
POOL_THAT_COMES_BACK = """
import http.client, sys

connections = [http.client.HTTPConnection("127.0.0.1", int(sys.argv[1])) for _ in range(3)]

def fetch(connection):
    connection.request("GET", "/page")
    return connection.getresponse().read().decode()

print([fetch(connection) for connection in connections], flush=True)
sys.stdin.readline()
for connection in connections:
    try:
        print("reused:", fetch(connection))
    except ConnectionError as error:
        print(type(error).__name__, file=sys.stderr)
        connection.close()
        print("anew:", fetch(connection))
"""

# It reads the end of each connection once, and is interested in nothing from then on; or goes on being told of it.
NIO_CLIENT = """
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.*;

public class NioClient {
    static volatile boolean over;

    public static void main(String[] arguments) throws Exception {
        boolean spins = arguments[1].equals("spins");
        Selector selector = Selector.open();
        for (int i = 0; i < 3; i++) {
            int port = Integer.parseInt(arguments[0]);
            SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
        }
        Thread input = new Thread(() -> {
            try {
                System.in.read();
            } catch (java.io.IOException none) {
            }
            over = true;
            selector.wakeup();
        });
        input.start();
        ByteBuffer buffer = ByteBuffer.allocate(100);
        int rounds = 0;
        for (; !over; rounds++) {
            selector.select(key -> {
                try {
                    int length = ((SocketChannel) key.channel()).read(buffer.clear());
                    if (key.attachment() == null)
                        System.out.println(length);
                    if (length == -1)
                        key.attach("told");
                } catch (java.io.IOException error) {
                    System.out.println(error);
                }
                if (key.attachment() != null && !spins)
                    key.interestOps(0);
            });
        }
        for (SelectionKey key : selector.keys())
            System.out.println(((SocketChannel) key.channel()).isConnected());
        System.out.println(rounds < 100 ? "waited" : "spun");
    }
}
"""

NODE_CLIENT = """
const net = require("net");
const [port] = process.argv.slice(1);
const sockets = [1, 2, 3].map(() => net.connect({port, host: "127.0.0.1", allowHalfOpen: true})
    .on("data", data => console.log("data " + data))
    .on("end", () => console.log("end"))
    .on("error", error => console.log("error " + error.code))
    .on("close", () => console.log("close")));
process.stdin.on("end", () => {
    console.log(...sockets.map(socket => socket.readyState));
    sockets.forEach(socket => socket.destroy());
}).resume();
"""

# Waits for a line of input in the meantime; "busy": as one that computes, and so hears of nothing.
NODE_POOL = """
const fs = require("fs");
const http = require("http");
const [port, how] = process.argv.slice(1);
const agent = new http.Agent({keepAlive: true});
const get = () => new Promise(done => http.get({port, host: "127.0.0.1", agent}, response => {
    response.on("data", data => done(response.statusCode + " " + data));
}).on("error", error => done("failed " + error.code)));
const threeTimes = async () => console.log((await Promise.all([get(), get(), get()])).join("; "));
const input = () => how == "busy" ? fs.readSync(0, Buffer.alloc(1)) :
    new Promise(done => process.stdin.once("data", () => done(process.stdin.destroy())));
(async () => { await threeTimes(); await input(); await threeTimes(); await threeTimes(); agent.destroy(); })();
"""


class Goodbyes:
    """A server that says hello to each connection, and closes it."""

    def __init__(self, case):
        self.listener, self.port = harness.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        case.addCleanup(self.close)

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            with connection:
                connection.sendall(b"hello")

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self.thread.join()
        self.listener.close()


class Actions(endings.Case):
    def test_pool_of_the_demo(self):
        port, _ = self.nginx(WEB)
        pools = {action: self.run_under("action=%s grace=2s" % action, harness.PYTHON, POOL, port, POOL_SECONDS)
                 for action in POLICIES}
        before = harness.wait_for("nginx's closes", lambda: endings.all_in(("CLOSE-WAIT", "FIN-WAIT-2"), 9, port))
        clients = [self.check_acted(pool, action, 3) for action, pool in pools.items()]
        self.assertEqual(set().union(*clients), set(before))
        alone = self.end_of(self.run_under(None, harness.PYTHON, POOL, port, 0))
        self.assertEqual(alone[0].count("status 200, 5 bytes"), 3)
        self.assertEqual([pool.poll() for pool in pools.values()], [None] * 3)
        for pool in pools.values():
            self.assertEqual(self.end_of(pool), alone)
            self.check_summary(pool, sockets=3, leaks=3, acted=3)

    def test_pool_that_comes_back(self):
        """A request on a connection that was ended fails as one that the server has closed, and the next is good. Only
        where it fails is not the same: we have sent the last segment, so it is in the sending."""
        port, _ = self.nginx(WEB)
        went_wrong = {None: "RemoteDisconnected", "fin": "BrokenPipeError", "reset": "ConnectionResetError",
                      "close": "BrokenPipeError"}
        pools = {action: self.run_under(POLICIES.get(action), harness.PYTHON, "-c", POOL_THAT_COMES_BACK, port)
                 for action in went_wrong}
        for pool in pools.values():
            self.assertEqual(pool.stdout.readline(), "['hello', 'hello', 'hello']\n")
        for action in POLICIES:
            self.check_acted(pools[action], action, 3)
        for action, pool in pools.items():
            self.go_on(pool)
            self.assertEqual(self.end_of(pool), ("anew: hello\n" * 3, 0, (went_wrong[action] + "\n") * 3), action)
        for action in POLICIES:
            self.check_summary(pools[action], sockets=6, leaks=3, acted=3)

    def compile(self, source):
        subprocess.run(["javac", "-d", str(self.place), str(source)], check=True, timeout=harness.PATIENCE)

    def test_java_client_that_blocks(self):
        self.compile(harness.PROGRAMS / "articles" / "LeakyClient.java")
        client = self.run_under(POLICIES["close"], "java", "-cp", self.place, "LeakyClient", Goodbyes(self).port, 3)
        self.check_acted(client, "close", 3)
        self.check_at_rest(client)
        self.go_on(client)
        self.assertEqual(self.end_of(client), ("read 5\n" * 3 + "sockets 3\n", 0, ""))
        self.check_summary(client, leaks=3, acted=3)

    def test_java_client_with_a_selector(self):
        """One that is interested in nothing does not begin to spin; one that spins, because it goes on being told of
        the end, stops."""
        (self.place / "NioClient.java").write_text(NIO_CLIENT)
        self.compile(self.place / "NioClient.java")
        port = Goodbyes(self).port
        clients = {how: self.run_under("action=close grace=1s", "java", "-cp", self.place, "NioClient", port, how)
                   for how in ("waits", "spins")}
        self.wait_for(clients["spins"], "action", 3)
        for client in clients.values():
            self.check_acted(client, "close", 3)
        self.check_at_rest(*clients.values())
        for client, did in (clients["waits"], "waited"), (clients["spins"], "spun"):
            self.go_on(client)
            said, *rest = self.end_of(client)
            self.assertEqual((sorted(said.split()), rest), (sorted(["-1"] * 3 + ["5"] * 3 + ["true"] * 3 + [did]), [0, ""]))
            self.check_summary(client, leaks=3, acted=3)

    def test_node_client_that_allows_half_open_connections(self):
        port = Goodbyes(self).port
        clients = {action: self.run_under(POLICIES.get(action), "node", "-e", NODE_CLIENT, port)
                   for action in (None, "fin", "close")}
        for action in "fin", "close":
            self.check_acted(clients[action], action, 3)
        self.check_at_rest(clients["fin"], clients["close"])
        for client in clients.values():
            self.go_on(client)
            said, *rest = self.end_of(client)
            self.assertEqual(sorted(said.splitlines()), ["close"] * 3 + ["data hello"] * 3 + ["end"] * 3 +
                             ["writeOnly writeOnly writeOnly"])
            self.assertEqual(rest, [0, ""])
        for action in "fin", "close":
            self.check_summary(clients[action], sockets=3, leaks=3, acted=3)

    def pool_in_node(self, how):
        """Runs of it alone and under action=close, each of which has got three pages."""
        port, _ = self.nginx(WEB)
        runs = [self.run_under(policy, "node", "-e", NODE_POOL, port, how) for policy in (None, POLICIES["close"])]
        for run in runs:
            self.assertEqual(run.stdout.readline(), "200 hello; 200 hello; 200 hello\n")
        return port, *runs

    def test_node_pool(self):
        """Node hears of the end, and closes: nothing to do."""
        port, *runs = self.pool_in_node("waits")
        harness.wait_for("the pools' own closes", lambda: endings.all_in((None, "TIME-WAIT"), 6, port))
        for run in runs:
            self.go_on(run)
            self.assertEqual(self.end_of(run), ("200 hello; 200 hello; 200 hello\n" * 2, 0, ""))
        self.assertEqual(harness.read_events(runs[1].log), [])

    def test_node_pool_of_a_busy_program(self):
        """It hears of nothing until it is done, and then uses connections that are over: as without us, those requests
        fail, and the next do not."""
        port, alone, ended = self.pool_in_node("busy")
        self.check_acted(ended, "close", 3)
        harness.wait_for("nginx's closes", lambda: (
            list(endings.connections(port).values()).count(("CLOSE-WAIT", "FIN-WAIT-2")) == 3))
        for run, code in (alone, "ECONNRESET"), (ended, "EPIPE"):
            self.go_on(run)
            failed = "; ".join(["failed " + code] * 3)
            self.assertEqual(self.end_of(run), (failed + "\n200 hello; 200 hello; 200 hello\n", 0, ""))
        self.check_summary(ended, leaks=3, acted=3)


if __name__ == "__main__":
    unittest.main()
