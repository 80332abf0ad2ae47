#!/usr/bin/python3
"""A part of real test suites: each test comes out with the library as without. `tests/suites` runs the whole."""
import unittest
from concurrent.futures import ThreadPoolExecutor

import harness
import suite_runs

WORKERS = 2

# What is short, and asks for much: readiness, stream and datagram servers, TLS, forks, pools, half-closes.
MODULES = """
test_epoll test_httplib test_urllib2_localnet test_httpservers test_socketserver test_asyncore test_smtplib test_wsgiref
test_asyncio.test_streams test_asyncio.test_sock_lowlevel test_asyncio.test_server test_asyncio.test_sendfile
tornado.test.tcpclient_test tornado.test.netutil_test tornado.test.websocket_test tornado.test.http1connection_test
twisted.test.test_tcp twisted.internet.test.test_epollreactor
""".split()


def run(module):
    return suite_runs.Comparison(module).go_rounds(1)


class Suites(harness.Case):
    def test_each_comes_out_alike(self):
        with ThreadPoolExecutor(WORKERS) as pool:
            for comparison in pool.map(run, MODULES):
                with self.subTest(module=comparison.module):
                    self.assertGreater(len(comparison.tests()), 1, comparison.runs[suite_runs.PLAIN][0].output)
                    self.assertEqual({test: comparison.describe(test) for test in comparison.differ()}, {})


if __name__ == "__main__":
    unittest.main()
