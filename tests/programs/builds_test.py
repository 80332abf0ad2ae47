"""The library for other programs than our own: of 32 bits, with musl, for aarch64; and which of them `waitclose run` takes.

WAITCLOSE_BUILD names the directory that holds waitclose, libwaitclose.so and, below, a directory for each other kind.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from harness import BUILD, COMMAND, PATIENCE, SOURCE, Case, environment, read_events

I386, MUSL, AARCH64 = "i386-linux-gnu", "x86_64-linux-musl", "aarch64-linux-gnu"
NATIVE = "x86_64-linux-gnu"
POLICY = "format=json grace=100ms interval=20ms"
WRONG_CLASS = r"ERROR: ld\.so: object '\S+' from LD_PRELOAD cannot be preloaded \(wrong ELF class: ELFCLASS64\): ignored\.\n"
FOREIGN_ABI = r"ERROR: ld\.so: object '\S+' from LD_PRELOAD cannot be preloaded \(ELF file OS ABI invalid\): ignored\.\n"


def program(kind, name="eof_unread"):
    """A small program of that kind; this one leaks twice."""
    return BUILD / (kind if kind != NATIVE else ".") / "tests/shim" / name


def everywhere():
    """The small programs that say so, as patterns for tests/run."""
    sources = sorted((SOURCE / "tests/shim").glob("*.c"))
    return ["shim/%s (*" % source.stem for source in sources if "\n// everywhere: " in source.read_text()]


def finish(*command, **options):
    options.setdefault("env", environment(preload=False))
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=5 * PATIENCE, **options)


class SmallPrograms(unittest.TestCase):
    """Those of tests/shim, in both rooms of the watcher; and what each library shows and calls."""

    def assert_passes(self, build, *patterns):
        finished = finish(sys.executable, "-B", SOURCE / "tests/run", BUILD / build, *patterns)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""), finished.stdout)

    def test_i386(self):
        self.assert_passes(I386, *everywhere(), "shim/exports_test", "shim/bare_test", "shim/format_test")

    def test_musl(self):
        self.assert_passes(MUSL, *everywhere(), "shim/exports_test", "shim/bare_test", "shim/format_test")

    def test_clang(self):
        self.assert_passes("clang", "shim/exports_test", "shim/format_test")

    def test_aarch64(self):
        """Options, and what is no leak: see Emulated."""
        names = "option_enforced option_only_tcp option_values time64_enforced not_tcp half_closed_peer idle_off".split()
        self.assert_passes(AARCH64, "shim/exports_test", "shim/bare_test", *("shim/%s (own)" % name for name in names))


class Emulated(unittest.TestCase):
    """
    qemu-user passes no SO_COOKIE on (7.2), so no socket is told from another, and none reported; and a thread that
    starts in a forked child ends it, ours or any. What is left: the library loads, and the program runs.
    """

    def run_emulated(self, policy, name="eof_ignored"):
        command = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu",
                   "-E", "LD_PRELOAD=%s" % (BUILD / AARCH64 / "libwaitclose.so"), program(AARCH64, name)]
        finished = finish(*command, env=environment(policy, preload=False))
        self.assertEqual((finished.returncode, finished.stdout), (0, ""), finished.stderr)
        return finished.stderr

    def test_it_loads_and_reads_its_policy(self):
        self.assertIn("\nSelectors:\n", self.run_emulated("help"))
        self.assertRegex(self.run_emulated("gracee=30s"), r"\Awaitclose: WAITCLOSE:1:1: unknown key 'gracee' .*\n\Z")
        self.assertEqual(self.run_emulated("off"), "")

    def test_the_program_runs_and_nothing_odd_is_said(self):
        for policy in ("grace=100ms interval=20ms", "grace=100ms watch=off"):
            said = self.run_emulated(policy)
            self.assertIn(re.findall(r"^waitclose: (\w+)", said, re.M), ([], ["leak", "leak", "summary"]))
        self.run_emulated("watch=off", "fork_child_holds")


class Command(Case):
    """With libraries beside it, as `make foreign` leaves them."""

    def setUp(self):
        super().setUp()
        self.log = self.place / "log"
        self.command = shutil.copy(COMMAND, self.place)
        shutil.copy(BUILD / "libwaitclose.so", self.place)
        for kind in (I386, MUSL):
            (self.place / kind).mkdir()
            shutil.copy(BUILD / kind / "libwaitclose.so", self.place / kind)

    def run_shimmed(self, *command, verb="run", **options):
        return finish(self.command, verb, "-o", POLICY, *(["-l", self.log] if verb == "run" else []), *command, **options)

    def leaks(self):
        return [event["exe"] for event in read_events(self.log) if event["event"] == "leak"]

    def assert_silent(self, finished):
        self.assertEqual((finished.returncode, finished.stdout, finished.stderr), (0, "", ""))

    def library(self, kind):
        return self.place / ("." if kind == NATIVE else kind) / "libwaitclose.so"


class Choice(Command):
    def test_the_one_that_fits(self):
        for kind in (I386, MUSL, NATIVE):
            with self.subTest(kind):
                self.log.unlink(missing_ok=True)
                checked = self.run_shimmed(program(kind), verb="check")
                self.assertEqual((checked.returncode, checked.stderr), (0, ""))
                self.assertEqual(checked.stdout.splitlines()[-1],
                                 "program: %s can be shimmed, with %s" % (program(kind), os.path.normpath(self.library(kind))))
                self.assert_silent(self.run_shimmed(program(kind)))
                self.assertEqual(self.leaks(), ["eof_unread"] * 2)

    def test_of_an_interpreter(self):
        script = self.place / "script"
        script.write_text("#!%s\n" % program(I386))
        script.chmod(0o755)
        self.assert_silent(self.run_shimmed(script))
        self.assertEqual(self.leaks(), ["script"] * 2)

    def assert_refused(self, path, reason):
        for verb in ("run", "check"):
            refused = self.run_shimmed(path, verb=verb)
            self.assertEqual(refused.returncode, 125)
            self.assertRegex(refused.stderr, r"\Awaitclose: %s cannot be shimmed: %s\n\Z" % (path, reason))

    def test_one_that_is_not_there(self):
        for kind in (I386, MUSL):
            self.library(kind).unlink()
            self.assert_refused(program(kind), r"it is built for %s, and libwaitclose\.so for that is not found: neither %s, "
                                r"nor \S+/%s/libwaitclose\.so, nor \S+/%s/libwaitclose\.so can be read"
                                % (kind, self.library(kind), kind, kind))
            forced = self.run_shimmed("--force", program(kind))
            self.assertEqual((forced.returncode, forced.stdout), (0, ""))
            self.assertRegex(forced.stderr, r"\A%s\Z" % WRONG_CLASS if kind == I386 else r"\A\Z")

    def test_one_for_another_processor(self):
        self.assert_refused(program(AARCH64), r"it is built for %s, and libwaitclose\.so for that is not found: .*" % AARCH64)
        (self.place / AARCH64).mkdir()
        shutil.copy(BUILD / AARCH64 / "libwaitclose.so", self.library(AARCH64))
        self.assert_refused(program(AARCH64), r"it is built for %s, and its loader, /lib/ld-linux-aarch64\.so\.1, "
                            r"cannot be run here: .+" % AARCH64)

    def test_children_of_another_kind(self):
        """They run, as without us."""
        for parent, child, said in ((NATIVE, I386, WRONG_CLASS), (NATIVE, MUSL, ""), (MUSL, NATIVE, FOREIGN_ABI)):
            with self.subTest((parent, child)):
                finished = finish(program(child), env=environment(POLICY, preload=False, LD_PRELOAD=str(self.library(parent))))
                self.assertEqual((finished.returncode, finished.stdout), (0, ""))
                self.assertRegex(finished.stderr, r"\A%s\Z" % said)


class Installed(Command):
    """32 bits and 64 under one name, whichever starts the other."""

    def setUp(self):
        super().setUp()
        self.clean = {name: value for name, value in environment(preload=False).items()
                      if name not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "BUILD", "PREFIX", "DESTDIR")}
        self.stage = self.place / "stage"
        for name in ("cli", "shim", "places"):  # make looks at what these are made of
            copy = shutil.copytree if (BUILD / name).is_dir() else shutil.copy2
            copy(BUILD / name, self.place / name)
        shutil.copy2(BUILD / "libwaitclose.so", self.place)
        self.command = self.stage / "usr/local/bin/waitclose"
        self.make = ["make", "-C", SOURCE, "BUILD=%s" % self.place, "DESTDIR=%s" % self.stage]
        self.installed()

    def installed(self, *settings):
        made = finish(*self.make, "install", *settings, env=self.clean)
        self.assertEqual((made.returncode, made.stderr), (0, ""), made.stdout)

    def test_a_tree_of_both(self):
        for both in ([I386, NATIVE], [NATIVE, I386]):
            self.log.unlink(missing_ok=True)
            self.assert_silent(self.run_shimmed("sh", "-c", '"$0" && "$1"', *map(program, both)))
            self.assertEqual(self.leaks(), ["eof_unread"] * 4)
        found = finish(self.command, "run", "printenv", "LD_PRELOAD")
        name = "%s/usr/local/lib/libwaitclose/$LIB/libwaitclose.so" % self.stage
        self.assertEqual((found.stdout, found.stderr), (name + "\n", ""))
        again = finish(self.command, "run", self.command, "run", "printenv", "LD_PRELOAD")
        self.assertEqual((again.stdout, again.stderr), (name + "\n", ""))

    def test_a_program_with_musl_in_it_runs_untouched(self):
        self.assert_silent(self.run_shimmed("sh", "-c", '"$0" && exit', program(MUSL)))
        self.assertEqual(self.leaks(), [])

    def test_where_the_loader_makes_something_else_of_it(self):
        """Then by its path, as ever."""
        library = self.stage / "usr/local/lib/libwaitclose.so"
        for link in (self.stage / "usr/local/lib/libwaitclose").rglob("*.so"):
            link.unlink()
        found = finish(self.command, "run", "printenv", "LD_PRELOAD")
        self.assertEqual((found.stdout, found.stderr), ("%s\n" % library, ""))

    def test_where_each_goes_and_that_all_go_away(self):
        for settings, own, others in (([], "lib", "lib"),
                                      (["LIBDIR=/usr/local/lib/%s" % NATIVE], "lib/%s" % NATIVE, "lib"),
                                      (["LIBDIR=/opt/wait"], "../../opt/wait", "../../opt/wait")):
            with self.subTest(settings):
                shutil.rmtree(self.stage)
                self.installed(*settings)
                top = self.stage / "usr/local"
                files = {path for path in self.stage.rglob("*.so") if not path.is_symlink()}
                self.assertEqual(files, {pathlib.Path(os.path.normpath(top / name / "libwaitclose.so"))
                                         for name in (own, others + "/" + I386, others + "/" + MUSL)})
                for link in self.stage.rglob("libwaitclose/**/*.so"):
                    self.assertIn(link.resolve(), files)
                self.log.unlink(missing_ok=True)
                self.assert_silent(self.run_shimmed(program(I386)))
                self.assertEqual(self.leaks(), ["eof_unread"] * 2)
                made = finish(*self.make, "uninstall", *settings, env=self.clean)
                self.assertEqual((made.returncode, made.stderr), (0, ""))
                self.assertEqual([path for path in self.stage.rglob("*") if not path.is_dir()], [])
                self.assertEqual(list(self.stage.rglob("*-linux-*")), [])


if __name__ == "__main__":
    unittest.main()
