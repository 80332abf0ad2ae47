"""make deb: a package that lintian has nothing to say about, installed and removed by apt where we are root."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from harness import PATIENCE, PYTHON, Case, environment, read_events

SOURCE = pathlib.Path(__file__).resolve().parents[2]

LEAKER = """
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
held = socket.create_connection(listener.getsockname())
listener.accept()[0].close()
time.sleep(0.5)
"""


def run(*command, **more):
    finished = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=5 * PATIENCE, env=environment(preload=False, **more))
    if finished.returncode:
        raise AssertionError("%s: status %d\n%s%s" % (command, finished.returncode, finished.stdout, finished.stderr))
    return finished.stdout + finished.stderr


def is_installed():
    return subprocess.run(["dpkg-query", "--show", "waitclose"], capture_output=True).returncode == 0


class Package(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        build = pathlib.Path(tempfile.mkdtemp(prefix="waitclose-"))
        cls.addClassCleanup(shutil.rmtree, build)
        before = sorted(SOURCE.glob("debian/*"))
        # As a user would who has set something for another purpose, and not as a part of the `make` of the tests.
        run("make", "-C", SOURCE, "deb", "BUILD=%s" % build, MAKEFLAGS="", PREFIX="/elsewhere")
        if sorted(SOURCE.glob("debian/*")) != before:
            raise AssertionError("the build has left something in debian/")
        cls.machine = run("dpkg", "--print-architecture").strip()
        cls.libdir = "/usr/lib/%s/waitclose" % run("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()
        [cls.package] = build.glob("deb/waitclose_*_%s.deb" % cls.machine)
        [cls.changes] = build.glob("deb/*.changes")

    def field(self, name):
        return run("dpkg-deb", "--field", self.package, name).strip()

    def assert_works(self, command, library):
        self.assertEqual(run(command, "run", "printenv", "LD_PRELOAD"), "%s\n" % library)
        self.assertEqual(run(command, "--version"), "waitclose %s\n" % self.field("Version"))
        log = self.place / "log"
        policy = "format=json grace=100ms interval=20ms"
        self.assertEqual(run(command, "run", "-o", policy, "-l", log, "--", PYTHON, "-c", LEAKER), "")
        self.assertEqual([event["cause"] for event in read_events(log) if event["event"] == "leak"], ["eof-unread"])

    def test_lintian_has_nothing_to_say(self):
        said = run("lintian", "--allow-root", "--fail-on", "error,warning", self.changes,
                   TMPDIR=str(self.place))  # it leaves something behind
        self.assertEqual(said, "")

    def test_contents(self):
        listed = [line.split(maxsplit=5) for line in run("dpkg-deb", "--contents", self.package).splitlines()]
        doc = "/usr/share/doc/waitclose"
        self.assertEqual({line[5].lstrip("."): line[0] for line in listed if line[0][0] != "d"}, {
            "/usr/bin/waitclose": "-rwxr-xr-x",
            self.libdir + "/libwaitclose.so": "-rw-r--r--",
            "/usr/share/bash-completion/completions/waitclose": "-rw-r--r--",
            "/usr/share/lintian/overrides/waitclose": "-rw-r--r--",
            "/usr/share/man/man1/waitclose.1.gz": "-rw-r--r--",
            "/usr/share/man/man7/waitclose.7.gz": "-rw-r--r--",
            doc + "/README.md.gz": "-rw-r--r--",
            doc + "/changelog.gz": "-rw-r--r--",
            doc + "/copyright": "-rw-r--r--",
            doc + "/examples/logrotate.conf": "-rw-r--r--",
            doc + "/examples/systemd.conf": "-rw-r--r--",
        })
        self.assertEqual({line[1] for line in listed}, {"root/root"})

    def test_fields(self):
        self.assertEqual(self.field("Architecture"), self.machine)
        for library in ("libc6", "libdw1", "libelf1", "zlib1g", "libcjson1"):
            self.assertRegex(self.field("Depends"), r"(\A|, )%s(t64)? \(>= " % library)
        control = run("sh", "-c", "dpkg-deb --ctrl-tarfile %s | tar --list" % self.package)
        self.assertEqual(sorted(control.split()), ["./", "./control", "./md5sums"], "no script is run")

    def test_unpacked_anywhere(self):
        run("dpkg-deb", "--extract", self.package, self.place)
        command, library = self.place / "usr/bin/waitclose", self.place / self.libdir[1:] / "libwaitclose.so"
        self.assert_works(command, library)
        self.assertIn("\nEnvironment=LD_PRELOAD=%s/libwaitclose.so\n" % self.libdir,
                      (self.place / "usr/share/doc/waitclose/examples/systemd.conf").read_text())

        # Hardened, and stripped.
        symbols, headers = run("nm", "--dynamic", command), run("readelf", "--wide", "--headers", "--dynamic", command)
        self.assertRegex(symbols, r" U __printf_chk\b")
        self.assertRegex(symbols, r" U __stack_chk_fail\b")
        self.assertRegex(headers, r"Type: +DYN\b")
        self.assertRegex(headers, r"\(FLAGS\) +BIND_NOW\b")
        self.assertNotIn(".symtab", headers + run("readelf", "--wide", "--sections", library))
        # The library's thread can have neither.
        self.assertNotRegex(run("nm", "--dynamic", library), r" U \S+_chk\b")

    def test_installed_and_removed(self):
        if os.geteuid() != 0 or is_installed():
            return  # not ours to change; the package was run from elsewhere above
        self.addCleanup(lambda: is_installed() and self.apt("purge", "waitclose"))
        self.apt("install", self.package)
        places = map(pathlib.Path, run("dpkg", "--listfiles", "waitclose").splitlines())
        files = [path for path in places if path.is_file()]
        self.assert_works("/usr/bin/waitclose", self.libdir + "/libwaitclose.so")
        load = ". /usr/share/bash-completion/bash_completion; _completion_loader waitclose; complete -p waitclose"
        self.assertEqual(run("bash", "-c", load), "complete -F _waitclose waitclose\n")
        self.apt("purge", "waitclose")
        self.assertEqual([path for path in files if path.exists()], [])
        self.assertFalse(pathlib.Path(self.libdir).exists())
        self.assertFalse(is_installed())

    @staticmethod
    def apt(verb, what):
        run("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300", "--no-install-recommends", verb, what,
            DEBIAN_FRONTEND="noninteractive")


if __name__ == "__main__":
    unittest.main()
