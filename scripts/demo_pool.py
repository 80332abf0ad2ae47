"""A connection pool like many: it keeps a connection for the next request, and looks at it only then.

demo_pool.py PORT SECONDS [--close]   fetch three pages at once, then do other work for SECONDS;
                                      --close: close the pool before the other work
"""
import http.client
import sys
import time


class Pool:
    def __init__(self, port):
        self.port = port
        self.idle = []

    def take(self):
        return self.idle.pop() if self.idle else http.client.HTTPConnection("127.0.0.1", self.port)

    def give_back(self, connection):
        self.idle.append(connection)

    def close(self):
        while self.idle:
            self.idle.pop().close()


def fetch(connection, path):
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, len(response.read())


pool = Pool(int(sys.argv[1]))
connections = [pool.take() for _ in range(3)]
for number, connection in enumerate(connections):
    print("GET /%d: status %d, %d bytes" % (number, *fetch(connection, "/%d" % number)), flush=True)
for connection in connections:
    pool.give_back(connection)
if "--close" in sys.argv:
    pool.close()
time.sleep(float(sys.argv[2]))
