#!/usr/bin/python3
"""Chromium with its sandbox on shows the same page with the library as without."""
import os
import pathlib
import unittest

import harness
import servers
import web_load

# What asks for more than a test is to: the network's, of which there is none, and devices'.
QUIET = ("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-default-apps", "--no-pings",
         "--virtual-time-budget=5000")
PAGE = """<!doctype html>
<title>page</title><img src="/long"><ul id="list"></ul>
<script>
    const paths = ["/long", "/slow", "/missing", "/long", "/page"];
    Promise.all(paths.map(path => fetch(path + "?" + Math.random()).then(answer => answer.text().then(
        text => path + ": " + answer.status + ", " + text.length)))).then(lines => {
        document.getElementById("list").innerHTML = lines.map(line => "<li>" + line + "</li>").join("");
        document.title = "complete";
    });
</script>
"""
SECCOMP_FILTER = "\nSeccomp:\t2\n"  # proc(5)


class Browser(web_load.Case):
    def sandboxed(self, trial, browser):
        """The process that shows the page, once its filter binds it; whether the library is in it."""
        def renderer():
            self.assertIsNone(browser.poll(), browser.output.read_text())
            for pid in servers.family(browser.pid):
                try:
                    place = pathlib.Path("/proc/%d" % pid)
                    if "--type=renderer" in (place / "cmdline").read_text() and (
                            SECCOMP_FILTER in (place / "status").read_text()):
                        return (place / "maps").read_text()
                except OSError:  # it has just ended
                    pass
            return None
        maps = harness.wait_for("the sandbox", renderer)
        self.assertEqual("libwaitclose.so" in maps, trial.policy is not None)

    def chromium(self, trial):
        server, port = self.start_nginx(trial, server="location = /slow { limit_rate 100k; }")
        html, home = trial.place / "html", trial.place / "home"
        (html / "index.html").write_text(PAGE)
        (html / "slow").write_bytes(b"a long page\n" * 10000)
        home.mkdir()
        user = {}
        if os.geteuid() == 0:  # which it refuses to be with a sandbox
            os.chown(home, 65534, 65534)
            user = dict(user="nobody", group="nogroup", extra_groups=[])
        with open(trial.place / "errors", "w") as errors:
            browser = trial.start("chromium", *QUIET, "--user-data-dir=%s" % (home / "data"), "--dump-dom",
                                  "http://127.0.0.1:%d/" % port, env={"HOME": str(home)}, cwd=home, stderr=errors,
                                  **user)
        self.sandboxed(trial, browser)
        trial.found["page"] = trial.finish(browser)
        self.assertIn("<li>/slow: 200, 120000</li>", trial.found["page"])
        trial.complain(trial.place / "errors", "(?i)fatal|crash|seccomp|sandbox|check failed")
        trial.stop(server)

    def test_chromium(self):
        self.compare(self.chromium, ["chromium"])


if __name__ == "__main__":
    unittest.main()
