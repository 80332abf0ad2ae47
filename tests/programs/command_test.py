"""The command: what it says, its exit statuses, what it makes of the environment, and what it refuses to shim.

WAITCLOSE_BUILD names the directory that holds waitclose and libwaitclose.so.
"""
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ.get("WAITCLOSE_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build")).resolve()
COMMAND = BUILD / "waitclose"
LIBRARY = BUILD / "libwaitclose.so"
PATIENCE = 60  # seconds
NOBODY = 65534
LOONGARCH, UNHEARD_OF = 258, 0x9999

SECURE = """
    #include <stdio.h>
    #include <sys/auxv.h>
    int main(void) { printf("%lu", getauxval(AT_SECURE)); return 0; }
"""


def environment(**more):
    """This one's, without traces of an outer run."""
    result = {name: value for name, value in os.environ.items() if name not in ("LD_PRELOAD", "WAITCLOSE")}
    result["LC_ALL"] = "C"
    result.update(more)
    return result


def finish(command, env=None, **options):
    return subprocess.run([str(word) for word in command], env=env or environment(), capture_output=True, text=True,
                          timeout=PATIENCE, **options)


def elf(path, machine, loader, wide=True, order="<"):
    """An ELF program that is nothing but its headers and its loader's name."""
    name = loader.encode() + b"\0"
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    if wide:
        header = struct.pack(order + "HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        segment = struct.pack(order + "IIQQQQQQ", 3, 4, 120, 120, 120, len(name), len(name), 1)
    else:
        header = struct.pack(order + "HHIIIIIHHHHHH", 3, machine, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        segment = struct.pack(order + "IIIIIIII", 3, 84, 84, 84, len(name), len(name), 4, 1)
    path.write_bytes(ident + header + segment + name)
    path.chmod(0o755)
    return path


def script(path, text, mode=0o755):
    path.write_text(text)
    path.chmod(mode)
    return path


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name).resolve()

    def compile(self, name, source, *flags):
        program = self.directory / name
        subprocess.run(["gcc", "-x", "c", "-o", program, "-", *flags], input=source, text=True, check=True)
        return program

    def waitclose(self, *words, env=None, command=COMMAND, **options):
        return finish([command, *words], env, cwd=options.pop("cwd", self.directory), **options)

    def assert_finished(self, finished, status, stdout, stderr):
        self.assertEqual((finished.returncode, finished.stdout, finished.stderr), (status, stdout, stderr))

    def assert_complaint(self, finished, status, message):
        """One line, and nothing else."""
        self.assert_finished(finished, status, "", "waitclose: %s\n" % message)

    def assert_shimmed(self, program, status, message, **options):
        """Both verbs agree."""
        self.assert_complaint(self.waitclose("run", program, **options), status, message)
        checked = self.waitclose("check", program, **options)
        self.assertEqual((checked.returncode, checked.stderr), (status, "waitclose: %s\n" % message))


class Words(CommandTest):
    def test_version(self):
        finished = self.waitclose("--version")
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        self.assertRegex(finished.stdout, r"\Awaitclose \d+\.\d+\.\d+\n\Z")

    def test_help(self):
        whole = self.waitclose("help")
        self.assertEqual((whole.returncode, whole.stderr), (0, ""))
        for verb in ("run", "check", "scan", "help"):
            self.assertRegex(whole.stdout, r"(?m)^  %s " % verb)
            usage = self.waitclose("help", verb)
            self.assertEqual((usage.returncode, usage.stderr), (0, ""))
            self.assertTrue(usage.stdout.startswith("waitclose %s " % verb), usage.stdout)
            self.assertEqual(self.waitclose(verb, "--help").stdout, usage.stdout)
        self.assertEqual(self.waitclose("--help").stdout, whole.stdout)

    def test_help_policy(self):
        finished = self.waitclose("help", "policy")
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        self.assertRegex(finished.stdout, r"(?m)^  grace ")

    def test_usage_mistakes(self):
        for words, message in (
            ([], "a verb is missing; try 'waitclose help'"),
            (["stutus"], "unknown verb 'stutus'; try 'waitclose help'"),
            (["a\nb\x1b"], "unknown verb 'a\\x0ab\\x1b'; try 'waitclose help'"),
            (["help", "stutus"], "unknown verb 'stutus'; try 'waitclose help'"),
            (["help", "run", "check"], "one verb at a time; try 'waitclose help'"),
            (["run"], "a program is missing; try 'waitclose help run'"),
            (["run", "--"], "a program is missing; try 'waitclose help run'"),
            (["run", "-x", "true"], "unknown option '-x'; try 'waitclose help run'"),
            (["run", "--bogus", "true"], "unknown option '--bogus'; try 'waitclose help run'"),
            (["run", "--force=1", "true"], "unknown option '--force=1'; try 'waitclose help run'"),
            (["run", "-o"], "option '-o' needs a value; try 'waitclose help run'"),
            (["run", "-f", "a", "-f", "b", "true"], "option '-f' is given twice; try 'waitclose help run'"),
            (["check", "-l", "x"], "unknown option '-l'; try 'waitclose help check'"),
            (["check", "true", "false"], "one program at a time; try 'waitclose help check'"),
        ):
            with self.subTest(words=words):
                self.assert_complaint(self.waitclose(*words), 125, message)

    def test_output_that_cannot_be_written(self):
        for words in ("help", "help run", "help policy", "--version", "check", "check true", "scan", "scan --json",
                      "run --help"):
            with self.subTest(words=words):
                closed = finish(["sh", "-c", 'exec "$0" %s >&-' % words, COMMAND])
                self.assert_complaint(closed, 125, "cannot write to standard output: Bad file descriptor")
                full = finish(["sh", "-c", 'exec "$0" %s >/dev/full' % words, COMMAND])
                self.assert_complaint(full, 125, "cannot write to standard output: No space left on device")


class Policy(CommandTest):
    WRONG = "'soon' is no value for 'grace'; expected a duration such as 250ms, 30s, 5m, 2h or 1d, at most 36500d"

    def assert_wrong(self, message, *words, **options):
        self.assert_complaint(self.waitclose("run", *words, "true", **options), 125, message)
        self.assert_complaint(self.waitclose("check", *words, "true", **options), 125, message)

    def test_a_mistake_in_each_source(self):
        policy = self.directory / "policy"
        policy.write_text("action=report\n grace=soon\n")
        self.assert_wrong("WAITCLOSE:1:7: " + self.WRONG, env=environment(WAITCLOSE="grace=soon"))
        self.assert_wrong("WAITCLOSE:1:7: " + self.WRONG, "-o", "grace=1s", env=environment(WAITCLOSE="grace=soon"))
        self.assert_wrong("-o:1:7: " + self.WRONG, "-o", "grace=soon")
        self.assert_wrong("-o:2:9: " + self.WRONG, "-o", "grace=1s", "-o", "\n  grace=soon")
        self.assert_wrong("%s:2:8: %s" % (policy, self.WRONG), "-f", "policy")
        self.assert_wrong("%s:2:8: %s" % (policy, self.WRONG), "-f", policy)

    def test_a_mistake_in_the_log(self):
        expected = "expected stderr, none, syslog, journal, or a path (%p pid, %e program name, %% a percent sign)"
        for log, message in (("", "no value for 'log'"), ("a%z", "'a%z' is no value for 'log'")):
            self.assert_complaint(self.waitclose("run", "-l", log, "true"), 125, "-l:1:5: %s; %s" % (message, expected))

    def test_files_that_cannot_be_read(self):
        fifo = self.directory / "fifo"
        os.mkfifo(fifo)
        for path, reason in (("nowhere", "No such file or directory"), (".", "not a regular file"),
                             ("fifo", "not a regular file")):
            message = "-f:1:1: cannot read '%s/%s': %s; expected a file with a policy" % (self.directory, path, reason)
            self.assert_wrong(message, "-f", path)

    def test_too_much_of_it(self):
        """Each is short enough; all of them are not."""
        long = "grace=1s #" + 40000 * "x"
        self.assert_wrong("the whole policy:1:1: a policy longer than 65536 bytes; expected a shorter one", "-o", long, "-o", long)

    def test_off_stands_alone(self):
        self.assert_wrong("the whole policy:1:1: 'off' beside other things; expected it alone, as the whole policy",
                          "-o", "off", "-o", "grace=1s")

    def test_the_policy_comes_before_the_program(self):
        self.assert_complaint(self.waitclose("run", "-o", "grace=soon", "nowhere"), 125, "-o:1:7: " + self.WRONG)


class Environment(CommandTest):
    def composed(self, *words, cwd=None, **more):
        finished = self.waitclose("run", *words, "env", "-0", env=environment(**more), cwd=cwd or self.directory)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))
        return dict(entry.split("=", 1) for entry in finished.stdout.split("\0") if entry)

    def test_nothing_given_leaves_the_policy_alone(self):
        self.assertNotIn("WAITCLOSE", self.composed())
        for policy in ("", " ", "off", "grace=1s [dir=in] grace=2s # so"):
            self.assertEqual(self.composed(WAITCLOSE=policy)["WAITCLOSE"], policy)

    def test_the_order_of_the_sources(self):
        (self.directory / "policy").write_text("[dir=in] grace=3s\n")
        given = self.composed("-o", "interval=2s", "-l", "none", "-o", "[dir=out] grace=5s # last", "-f", "policy",
                              WAITCLOSE="[port=80] grace=1s")
        self.assertEqual(given["WAITCLOSE"].split("\n[]\n"),
                         ["[port=80] grace=1s", '@"%s/policy"' % self.directory, "interval=2s",
                          "[dir=out] grace=5s # last", 'log="none"'])

    def test_off_and_help_yield(self):
        for policy in ("off", "help", " off # for now"):
            self.assertEqual(self.composed("-o", "grace=1s", WAITCLOSE=policy)["WAITCLOSE"], "grace=1s")

    def test_odd_names_are_quoted(self):
        directory = self.directory / 'a "b" \\c\n%d; ]é'
        directory.mkdir()
        (directory / "p").write_text("grace=1s")
        given = self.composed("-f", "p", "-l", "x %p.log", cwd=directory)["WAITCLOSE"]
        odd = str(self.directory) + "/a \\042b\\042 \\134c\\012%s; ]é/"
        self.assertEqual(given, '@"%sp"\n[]\nlog="%sx %%p.log"' % (odd % "%d", odd % "%%d"))
        self.assertEqual(self.waitclose("check", env=environment(WAITCLOSE=given)).returncode, 0)

    def test_where_the_log_goes(self):
        for log in ("stderr", "none", "syslog", "journal", "/a/b"):
            self.assertEqual(self.composed("-l", log)["WAITCLOSE"], 'log="%s"' % log)
        self.assertEqual(self.composed("-l", "./none")["WAITCLOSE"], 'log="%s/./none"' % self.directory)
        self.assertEqual(self.composed("-l", "x", cwd="/")["WAITCLOSE"], 'log="/x"')

    def test_preload(self):
        other = self.compile("other.so", "int other;", "-shared", "-fPIC")
        same = self.directory / "same.so"
        same.symlink_to(LIBRARY)
        self.assertEqual(self.composed()["LD_PRELOAD"], str(LIBRARY))
        self.assertEqual(self.composed(LD_PRELOAD="")["LD_PRELOAD"], str(LIBRARY))
        self.assertEqual(self.composed(LD_PRELOAD=str(other))["LD_PRELOAD"], "%s:%s" % (other, LIBRARY))
        for there in (str(LIBRARY), "%s %s" % (LIBRARY, other), "%s:%s" % (other, LIBRARY), str(same), "./same.so"):
            self.assertEqual(self.composed(LD_PRELOAD=there)["LD_PRELOAD"], there)
        (self.directory / "libwaitclose.so").symlink_to(LIBRARY)
        path = environment(LD_PRELOAD="libwaitclose.so", LD_LIBRARY_PATH=str(self.directory))
        finished = self.waitclose("run", "printenv", "LD_PRELOAD", env=path)
        self.assert_finished(finished, 0, "libwaitclose.so:%s\n" % LIBRARY, "")


class Library(CommandTest):
    def place(self, command, library):
        for source, target in ((COMMAND, command), (LIBRARY, library)):
            (self.directory / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, self.directory / target)
        return self.directory / command, self.directory / library

    def test_where_it_is_found(self):
        for places in (("tree/waitclose", "tree/libwaitclose.so"), ("usr/bin/waitclose", "usr/lib/libwaitclose.so")):
            command, library = self.place(*places)
            self.assert_finished(self.waitclose("run", "printenv", "LD_PRELOAD", command=command), 0, "%s\n" % library, "")
        both, beside = self.place("usr/bin/waitclose", "usr/bin/libwaitclose.so")
        self.assert_finished(self.waitclose("run", "printenv", "LD_PRELOAD", command=both), 0, "%s\n" % beside, "")
        link = self.directory / "link"
        link.symlink_to(both)
        self.assert_finished(self.waitclose("run", "printenv", "LD_PRELOAD", command=link), 0, "%s\n" % beside, "")

    def test_none(self):
        command, library = self.place("bin/waitclose", "bin/libwaitclose.so")
        library.unlink()
        finished = self.waitclose("run", "true", command=command)
        if finished.returncode == 0:
            return  # it is installed on this machine, and that one was found
        self.assertEqual((finished.returncode, finished.stdout), (125, ""))
        self.assertRegex(finished.stderr, r"\Awaitclose: libwaitclose\.so not found: neither %s, nor %s, nor \S+ can be read\n\Z"
                         % (library, self.directory / "lib/libwaitclose.so"))

    def test_a_path_that_cannot_be_preloaded(self):
        for name in ("a b", "a:b"):
            command, library = self.place("%s/waitclose" % name, "%s/libwaitclose.so" % name)
            message = "%s cannot be preloaded: LD_PRELOAD cannot hold a path with a space or a colon" % library
            self.assert_complaint(self.waitclose("run", "--force", "true", command=command), 125, message)

    def test_one_that_the_loader_does_not_take(self):
        command, library = self.place("waitclose", "libwaitclose.so")
        library.write_text("not a library\n")
        finished = self.waitclose("run", "true", command=command)
        self.assertEqual((finished.returncode, finished.stdout), (125, ""))
        self.assertRegex(finished.stderr, r"\Awaitclose: \S+/true cannot be shimmed: its loader says: .*'%s'.*\n\Z" % library)


class Running(CommandTest):
    def test_the_exit_status_is_the_programs(self):
        for status in (0, 1, 3, 125, 126, 127, 255):
            self.assert_finished(self.waitclose("run", "sh", "-c", "exit %d" % status), status, "", "")

    def test_signals_are_the_programs(self):
        for number in (signal.SIGTERM, signal.SIGKILL, signal.SIGABRT):
            finished = self.waitclose("run", "sh", "-c", "kill -%d $$" % number)
            self.assert_finished(finished, -number, "", "")

    def test_no_process_stands_between(self):
        with subprocess.Popen([COMMAND, "run", "sh", "-c", "echo $$; exec cat"], env=environment(), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            self.assertEqual(int(process.stdout.readline()), process.pid)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE), -signal.SIGTERM)

    def test_what_is_inherited_stays(self):
        """Signals, open files, and the arguments."""
        show = ["sh", "-c", 'grep -E "^Sig(Ign|Blk)" /proc/self/status; ls /proc/$$/fd; printf "%s|" "$0" "$@"', "-o", "a b", "", "--"]

        def prepare():
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGALRM])

        plain = finish(show, preexec_fn=prepare)
        self.assert_finished(finish([COMMAND, "run", *show], preexec_fn=prepare), 0, plain.stdout, "")

    def test_closed_standard_streams(self):
        for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
            with self.subTest(closed=closed):
                finished = finish(["sh", "-c", 'exec "$0" run sh -c "ls /proc/\\$\\$/fd >$1" %s' % closed, COMMAND, self.directory / "open"])
                self.assertEqual(finished.returncode, 0)
                plain = finish(["sh", "-c", 'exec sh -c "ls /proc/\\$\\$/fd >$1" %s' % closed, "", self.directory / "plain"])
                self.assertEqual(plain.returncode, 0)
                self.assertEqual((self.directory / "open").read_text(), (self.directory / "plain").read_text())

    def test_the_name_is_as_given(self):
        finished = self.waitclose("run", "sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline", "x")
        self.assertTrue(finished.stdout.startswith("sh -c "), finished.stdout)

    def test_options_end_at_the_program(self):
        self.assert_finished(self.waitclose("run", "-o", "grace=1s", "echo", "-o", "x"), 0, "-o x\n", "")
        self.assert_finished(self.waitclose("run", "--", "echo", "--", "-x"), 0, "-- -x\n", "")


class Finding(CommandTest):
    def test_not_found(self):
        for name in ("nowhere-at-all", "./nowhere", "/nowhere/at/all", ""):
            self.assert_shimmed(name, 127, "%s: not found" % name)
            self.assert_complaint(self.waitclose("run", "--force", name), 127, "%s: not found" % name)

    def test_cannot_be_run(self):
        plain = self.directory / "plain"
        plain.write_text("echo never\n")
        self.assert_shimmed("./plain", 126, "./plain: cannot be run: Permission denied")
        self.assert_shimmed(self.directory, 126, "%s: cannot be run: Is a directory" % self.directory)
        self.assert_shimmed("./plain/x", 126, "./plain/x: cannot be run: Not a directory")

    def test_the_search(self):
        for name in ("first", "second"):
            (self.directory / name).mkdir()
        script(self.directory / "first/prog", "#!/bin/sh\necho first\n", 0o644)
        script(self.directory / "second/prog", "#!/bin/sh\necho second\n")
        script(self.directory / "prog", "#!/bin/sh\necho here\n")
        for path, output in (("first:second", "second"), ("nowhere:second:.", "second"), ("nowhere:", "here"),
                             (":second", "here"), ("plain/x:%s/second" % self.directory, "second")):
            with self.subTest(path=path):
                self.assert_finished(self.waitclose("run", "prog", env=environment(PATH=path)), 0, output + "\n", "")
        self.assert_complaint(self.waitclose("run", "prog", env=environment(PATH="nowhere:first")), 126,
                              "first/prog: cannot be run: Permission denied")
        script(self.directory / "closed", "", 0o600)
        self.assert_complaint(self.waitclose("run", "prog", env=environment(PATH="closed/x:nowhere")), 127, "prog: not found")
        unset = environment()
        del unset["PATH"]
        self.assert_finished(self.waitclose("run", "echo", "x", env=unset), 0, "x\n", "")


class Scripts(CommandTest):
    def test_scripts_run(self):
        for text in ("#!/bin/sh\necho $# $1\n", "#! /bin/sh -e\necho $# $1\n", "#!\t/usr/bin/env sh\necho $# $1\n", "echo $# $1\n"):
            with self.subTest(text=text):
                self.assert_finished(self.waitclose("run", script(self.directory / "s", text), "a"), 0, "1 a\n", "")
        self.assert_finished(self.waitclose("run", script(self.directory / "empty", "")), 0, "", "")

    def test_missing_interpreters(self):
        for name in ("/nowhere/sh", "/bin/sh\r"):
            path = script(self.directory / "s", "#!%s\necho never\n" % name)
            self.assertEqual(finish(["env", path]).returncode, 127)
            self.assert_shimmed(path, 127, "%s: its interpreter, %s, cannot be run: No such file or directory" % (path, name.replace("\r", "\\x0d")))
            self.assertEqual(self.waitclose("run", "--force", path).returncode, 127)

    def test_interpreters_that_cannot_be_run(self):
        path = script(self.directory / "s", "#!%s\n" % self.directory)
        self.assert_shimmed(path, 126, "%s: its interpreter, %s, cannot be run: Is a directory" % (path, self.directory))
        self.assertEqual(self.waitclose("run", "--force", path).returncode, 126)

    def test_interpreters_of_interpreters(self):
        """As many as the kernel takes, and no more."""
        taken = 0
        path = pathlib.Path("/bin/sh")
        for depth in range(1, 9):
            path = script(self.directory / ("s%d" % depth), "#!%s\n" % path)
            plain = finish(["env", path]).returncode
            taken += plain == 0
            with self.subTest(depth=depth):
                self.assertEqual(self.waitclose("run", path).returncode, plain)
                self.assertEqual(self.waitclose("check", path).returncode, plain)
        self.assertIn(taken, range(1, 8))

    def test_long_first_lines(self):
        """Where the kernel cuts a name off it does not take it; the shell then runs the file."""
        for length in (240, 252, 253, 254, 255, 256, 300):
            interpreter = "/bin/" + "/" * (length - 7) + "sh"
            path = script(self.directory / "s", "#!%s\necho x\n" % interpreter)
            with self.subTest(length=length):
                plain = finish(["env", path])
                self.assert_finished(self.waitclose("run", path), plain.returncode, plain.stdout, "")

    def test_an_interpreter_that_cannot_be_shimmed(self):
        static = self.compile("static", "int main(void) { return 7; }", "-static")
        path = script(self.directory / "s", "#!%s\n" % static)
        self.assert_shimmed(path, 125, "%s cannot be shimmed: statically linked: there is no loader to preload into" % static)
        self.assertEqual(self.waitclose("run", "--force", path).returncode, 7)


class Shimming(CommandTest):
    def test_static_programs(self):
        for flag in ("-static", "-static-pie"):
            program = self.compile("program", "int main(void) { return 7; }", flag)
            self.assert_shimmed(program, 125, "%s cannot be shimmed: statically linked: there is no loader to preload into" % program)
            self.assert_finished(self.waitclose("run", "--force", program), 7, "", "")

    def test_dynamic_programs(self):
        for flags in ((), ("-no-pie",), ("-Wl,-z,now", "-s")):
            program = self.compile("program", "int main(void) { return 7; }", *flags)
            self.assert_finished(self.waitclose("run", program), 7, "", "")
            finished = self.waitclose("check", program)
            self.assertEqual((finished.returncode, finished.stderr), (0, ""))
            self.assertEqual(finished.stdout.splitlines()[-1], "program: %s can be shimmed, with %s" % (program, LIBRARY))

    def test_nothing_of_the_program_is_run_to_ask(self):
        told = self.directory / "told"
        source = """
            #include <fcntl.h>
            __attribute__((constructor)) static void start(void) { open("%s", O_CREAT | O_WRONLY, 0600); }
            int main(void) { return 0; }
        """ % told
        self.assertEqual(self.waitclose("check", self.compile("program", source)).returncode, 0)
        self.assertFalse(told.exists())

    def test_go_programs(self):
        for section in (".go.buildinfo", ".note.go.buildid"):
            source = '__attribute__((section("%s"), used)) static const char mark[4] = "Go"; int main(void) { return 7; }' % section
            program = self.compile("program", source)
            self.assert_shimmed(program, 125, "%s cannot be shimmed: a Go program: it makes its system calls without libc" % program)
            self.assertEqual(self.waitclose("run", "--force", program).returncode, 7)

    def test_programs_for_other_machines(self):
        for machine, name, wide in ((40, "arm", False), (LOONGARCH, "loongarch", True), (UNHEARD_OF, "another machine", True),
                                    (62, "x86-64", False), (183, "aarch64", False)):
            program = elf(self.directory / "program", machine, "/nowhere/ld.so", wide)
            self.assert_shimmed(program, 125, "%s cannot be shimmed: it is built for %s with words of %d bits, and there is no "
                                "libwaitclose.so for that" % (program, name, 64 if wide else 32))
        program = elf(self.directory / "program", 22, "/nowhere/ld64.so.1", order=">")
        self.assert_shimmed(program, 125, "%s cannot be shimmed: it is built for s390, with another byte order" % program)

    def test_damaged_programs(self):
        short = script(self.directory / "short", "\x7fELF\2\1\1")
        self.assert_shimmed(short, 126, "%s: cannot be run: Exec format error" % short)
        whole = self.compile("whole", "int main(void) { return 0; }").read_bytes()
        half = self.directory / "half"
        half.write_bytes(whole[:3000])
        half.chmod(0o755)
        finished = self.waitclose("run", half)
        self.assertEqual((finished.returncode, finished.stdout), (126, ""))
        self.assertRegex(finished.stderr, r"\Awaitclose: %s: cannot be run: its loader says: .+\n\Z" % half)

    def test_a_missing_loader(self):
        program = self.compile("program", "int main(void) { return 0; }", "-Wl,--dynamic-linker=/nowhere/ld.so")
        self.assertEqual(finish(["env", program]).returncode, 127)
        self.assert_shimmed(program, 127, "%s: its loader, /nowhere/ld.so, cannot be run: No such file or directory" % program)
        self.assertEqual(self.waitclose("run", "--force", program).returncode, 127)

    def test_a_missing_library_of_its_own(self):
        self.compile("libown.so", "int own(void) { return 0; }", "-shared", "-fPIC")
        program = self.compile("program", "int own(void); int main(void) { return own(); }", "-L", str(self.directory), "-lown")
        finished = self.waitclose("run", program)
        self.assertEqual((finished.returncode, finished.stdout), (126, ""))
        self.assertRegex(finished.stderr, r"\Awaitclose: %s: cannot be run: its loader says: .*libown\.so.*\n\Z" % program)
        self.assert_finished(self.waitclose("run", program, env=environment(LD_LIBRARY_PATH=str(self.directory))), 0, "", "")

    def test_a_loader_that_is_none(self):
        """It says much, or nothing, and lists no library."""
        for text, status, words in (("#!/bin/sh\necho what; exit 1\n", 126, ": cannot be run: its loader says: what"),
                                    ("#!/bin/sh\nyes | head -c 300000\n", 125, " cannot be shimmed: its loader says: y"),
                                    ("#!/bin/sh\nkill -9 $$\n", 126, ": cannot be run: its loader says: (ended by signal 9)")):
            loader = script(self.directory / "loader", text)
            program = self.compile("program", "int main(void) { return 0; }", "-Wl,--dynamic-linker=%s" % loader)
            self.assert_shimmed(program, status, "%s%s" % (program, words))
        silent = script(self.directory / "loader", "#!/bin/sh\n")
        self.assert_shimmed(program, 125, "%s cannot be shimmed: its loader, %s, leaves %s out and does not say why" % (program, silent, LIBRARY))


class Rights(CommandTest):
    """Says of a program what the kernel does with it: AT_SECURE or not."""

    def setUp(self):
        super().setUp()
        # Others must come to it, which they cannot where the directory of the test itself is closed to them.
        directory = tempfile.TemporaryDirectory(dir="/tmp")
        self.addCleanup(directory.cleanup)
        self.open = pathlib.Path(directory.name)
        self.open.chmod(0o755)
        for source in (COMMAND, LIBRARY):
            shutil.copy(source, self.open)
            (self.open / source.name).chmod(0o755)
        self.program = self.open / "program"
        shutil.copy(self.compile("secure", SECURE), self.program)

    def assert_agrees(self, reason, **options):
        """With the kernel, and with what is expected: the reason, or None."""
        options["cwd"] = self.open
        command = self.open / "waitclose"
        plain = self.waitclose("run", "--force", self.program, command=command, **options)
        self.assertEqual((plain.returncode, plain.stdout), (0, "1" if reason else "0"))
        finished = self.waitclose("run", self.program, command=command, **options)
        if reason:
            self.assert_complaint(finished, 125, "%s cannot be shimmed: it %s, and the loader ignores LD_PRELOAD where rights change"
                                  % (self.program, reason))
        else:
            self.assert_finished(finished, 0, "0", "")

    def test_its_own_users_program_gains_nothing(self):
        self.program.chmod(0o6755)
        self.assert_agrees(None)

    def test_somebody_elses_setuid_program(self):
        if os.getuid() != 0:
            su = shutil.which("su", path="/usr/bin:/bin")
            self.assert_shimmed(su, 125, "%s cannot be shimmed: it is setuid, and the loader ignores LD_PRELOAD where rights change" % su)
            return
        os.chown(self.program, NOBODY, 0)
        self.program.chmod(0o4755)
        self.assert_agrees("is setuid")
        os.chown(self.program, 0, NOBODY)
        self.program.chmod(0o2755)
        self.assert_agrees("is setgid")
        self.program.chmod(0o2745)  # mandatory locking once, and no right
        self.assert_agrees(None)
        os.chown(self.program, 0, 0)
        self.program.chmod(0o6755)
        self.assert_agrees("is setuid", user=NOBODY, group=NOBODY, extra_groups=[])
        self.program.chmod(0o755)
        self.assert_agrees(None, user=NOBODY, group=NOBODY, extra_groups=[])

    def test_file_capabilities(self):
        if os.getuid() != 0:
            return  # nobody else can give any
        os.setxattr(self.program, "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0))
        self.program.chmod(0o755)
        self.assert_agrees(None)
        self.assert_agrees("has file capabilities", user=NOBODY, group=NOBODY, extra_groups=[])

    def test_no_new_privileges(self):
        if os.getuid() != 0:
            return  # as above
        os.chown(self.program, NOBODY, 0)
        self.program.chmod(0o4755)
        finished = finish(["setpriv", "--no-new-privs", COMMAND, "run", self.program])
        self.assert_finished(finished, 0, "0", "")

    def test_what_cannot_be_read(self):
        self.program.chmod(0o711)
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
        if not options:
            self.program.chmod(0o111)
        finished = self.waitclose("run", self.program, command=self.open / "waitclose", cwd=self.open, **options)
        self.assert_complaint(finished, 125, "%s cannot be shimmed: it cannot be read, so there is no telling: Permission denied" % self.program)


if __name__ == "__main__":
    unittest.main()
