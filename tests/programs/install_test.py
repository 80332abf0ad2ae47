"""make install and make uninstall: what is put where, that `waitclose run` finds its library there, and that the manual
pages and the examples that come with it are sound.

WAITCLOSE_BUILD names the directory that holds waitclose, libwaitclose.so and their objects.
"""
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import BUILD, PATIENCE, PYTHON, Case, environment, wait_for

SOURCE = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = SOURCE / "docs/examples"

# A leak for each line of input.
LEAKER = """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
held = []
for line in sys.stdin:
    held.append(socket.create_connection(listener.getsockname()))
    listener.accept()[0].close()
"""


def run(*command, **options):
    return subprocess.run([str(word) for word in command], env=environment(preload=False), capture_output=True,
                          text=True, timeout=PATIENCE, **options)


def files(place):
    return {str(path.relative_to(place)): oct(path.stat().st_mode & 0o777) for path in place.rglob("*") if path.is_file()}


class Installing(Case):
    def setUp(self):
        super().setUp()
        self.stage = self.place / "stage"
        self.build = self.place / "build"
        self.build.mkdir()
        for name in ("cli", "shim", "libwaitclose.so", "waitclose", "places"):  # others use BUILD now
            copy = shutil.copytree if (BUILD / name).is_dir() else shutil.copy2
            copy(BUILD / name, self.build / name)

    def make(self, target, *settings):
        """As a user does, not as a part of the `make` that may have started the tests."""
        clean = {name: value for name, value in environment(preload=False).items()
                 if name not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "BUILD", "PREFIX", "DESTDIR")}
        made = subprocess.run(["make", "-C", str(SOURCE), target, "BUILD=%s" % self.build, *settings], env=clean,
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual((made.returncode, made.stderr), (0, ""), made.stdout)

    def assert_finds(self, command, library):
        found = run(command, "run", "printenv", "LD_PRELOAD")
        self.assertEqual((found.returncode, found.stdout, found.stderr), (0, "%s\n" % library, ""))

    def test_staged_moved_and_taken_away(self):
        for settings, top, libdir in (
            ([], "usr/local", "usr/local/lib"),
            (["PREFIX=/usr"], "usr", "usr/lib"),
            (["PREFIX=/usr", "LIBDIR=/usr/lib/machine-linux-gnu"], "usr", "usr/lib/machine-linux-gnu"),
            (["PREFIX=/opt/wait", "LIBDIR=/opt/lib"], "opt/wait", "opt/lib"),
        ):
            with self.subTest(settings):
                settings = ["DESTDIR=%s" % self.stage, *settings]
                self.make("install", *settings)
                share = "%s/share" % top
                self.assertEqual(files(self.stage), {
                    "%s/bin/waitclose" % top: "0o755",
                    "%s/libwaitclose.so" % libdir: "0o644",
                    "%s/man/man1/waitclose.1" % share: "0o644",
                    "%s/man/man7/waitclose.7" % share: "0o644",
                    "%s/bash-completion/completions/waitclose" % share: "0o644",
                    "%s/doc/waitclose/examples/logrotate.conf" % share: "0o644",
                    "%s/doc/waitclose/examples/systemd.conf" % share: "0o644",
                })
                self.assertIn("\nEnvironment=LD_PRELOAD=/%s/libwaitclose.so\n" % libdir,
                              (self.stage / share / "doc/waitclose/examples/systemd.conf").read_text())
                self.assert_finds(self.stage / top / "bin/waitclose", self.stage / libdir / "libwaitclose.so")

                moved = self.place / "moved"
                self.stage.rename(moved)
                self.assert_finds(moved / top / "bin/waitclose", moved / libdir / "libwaitclose.so")
                moved.rename(self.stage)

                self.make("uninstall", *settings)
                self.assertEqual(files(self.stage), {})
                self.assertFalse((self.stage / share / "doc/waitclose").exists())
                shutil.rmtree(self.stage)

    def test_a_private_prefix_after_a_build_for_another(self):
        """The command on its own knows the place too, although nothing but the prefix has changed since the build."""
        self.make("install", "PREFIX=%s" % self.stage)
        alone = shutil.copy(self.stage / "bin/waitclose", self.place / "alone")
        self.assert_finds(alone, self.stage / "lib/libwaitclose.so")

    def test_what_others_have_put_there_stays(self):
        theirs = ["lib/libother.so", "share/doc/waitclose/examples/mine.conf", "share/man/man1/other.1"]
        for name in theirs:
            (self.stage / name).parent.mkdir(parents=True, exist_ok=True)
            (self.stage / name).write_text("theirs\n")
        self.make("install", "PREFIX=%s" % self.stage)
        self.make("uninstall", "PREFIX=%s" % self.stage)
        self.assertEqual(sorted(files(self.stage)), theirs)

    def test_an_upgrade_leaves_what_is_mapped_alone(self):
        self.make("install", "PREFIX=%s" % self.stage)
        library = self.stage / "lib/libwaitclose.so"
        before = library.stat().st_ino
        with library.open("rb") as old:
            content = old.read()
            self.make("install", "PREFIX=%s" % self.stage)
            old.seek(0)
            self.assertEqual(old.read(), content)
        self.assertNotEqual(library.stat().st_ino, before)


class Pages(Case):
    def test_manual_pages(self):
        for page in ("waitclose.1", "waitclose.7"):
            checked = run("mandoc", "-Tlint", "-Wwarning", SOURCE / "docs" / page)
            self.assertEqual((checked.returncode, checked.stdout), (0, ""))


class Systemd(Case):
    TEXT = (EXAMPLES / "systemd.conf").read_text()
    HINTS = re.sub(r"(?m)^#(?=[A-Z]\w+=)", "", TEXT)  # in force

    def test_systemd_takes_it(self):
        drop_in = self.place / "legacy.service.d/waitclose.conf"
        drop_in.parent.mkdir()
        unit = self.place / "legacy.service"
        unit.write_text("[Service]\nExecStart=/bin/true\n")
        self.assertGreater(self.HINTS.count("\nRestrict"), self.TEXT.count("\nRestrict"))
        for text in (self.TEXT, self.HINTS):
            drop_in.write_text(text)
            verified = run("systemd-analyze", "verify", "--man=no", unit)
            self.assertEqual((verified.returncode, verified.stdout + verified.stderr), (0, ""))

    def test_its_policies_are_policies(self):
        policies = re.findall(r'(?m)^Environment="WAITCLOSE=(.*)"$', self.HINTS)
        self.assertEqual(len(policies), 3)
        for policy in policies:
            checked = run(BUILD / "waitclose", "check", "-o", policy.replace("%%", "%"))
            self.assertEqual((checked.returncode, checked.stderr), (0, ""))

    def test_which_calls_a_filter_forbids(self):
        """What the hint on SystemCallFilter= says, held against every call in the library's source."""
        groups = dict(re.findall(r"(?m)^(@\S+)\n((?:    .*\n)+)", run("systemd-analyze", "syscall-filter").stdout))

        def members(group):
            names = {line for line in map(str.strip, groups[group].splitlines()) if line and not line.startswith("#")}
            return names.union(*(members(name) for name in names if name.startswith("@")))

        calls = {call for source in (SOURCE / "shim").glob("*.c")
                 for call in re.findall(r"raw\d\((?:SYS|RAW)_(\w+)", source.read_text())}
        self.assertGreater(len(calls), 30)
        calls.remove("map")  # mmap or mmap2, by the machine
        self.assertEqual(calls - members("@system-service"), {"pidfd_getfd"})
        self.assertIn("pidfd_getfd", members("@debug"))


class Logrotate(Case):
    def test_a_log_is_rotated_under_a_running_program(self):
        logs = self.place / "logs"
        logs.mkdir(0o755)
        text = (EXAMPLES / "logrotate.conf").read_text()
        self.assertIn("\n/var/log/waitclose/*.log {", text)
        rules = self.place / "logrotate.conf"
        rules.write_text(text.replace("/var/log/waitclose", str(logs)))
        rules.chmod(0o644)
        checked = run("logrotate", "-d", rules)
        self.assertEqual(checked.returncode, 0)
        self.assertNotIn("error", checked.stderr)

        program = self.start(PYTHON, "-c", LEAKER, stdin=subprocess.PIPE, text=True, bufsize=1,
                             env=environment("grace=50ms interval=20ms log=%s/%%e.log" % logs))

        def leak():
            program.stdin.write("\n")
            return wait_for("a leak in a log", lambda: [path for path in logs.glob("*.log")
                                                        if path.read_text().count("waitclose: leak ") == 1])[0]

        log = leak()
        self.assertEqual(log.stat().st_mode & 0o777, 0o600)
        rotated = run("logrotate", "-f", "-s", self.place / "state", rules)
        self.assertEqual((rotated.returncode, rotated.stdout, rotated.stderr), (0, "", ""))
        self.assertEqual([path.name for path in logs.iterdir()], [log.name + ".1"])
        self.assertEqual(leak(), log)
        self.assertEqual(log.with_name(log.name + ".1").read_text().count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
