"""Completion in bash: what is offered, asked of the function itself, and what a TAB makes of a line in a real terminal.

WAITCLOSE_BUILD names the directory that holds waitclose and libwaitclose.so.
"""
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import time
import unittest

from harness import BUILD, PATIENCE, PYTHON, Case, end_with_the_test, environment

COMPLETION = pathlib.Path(__file__).resolve().parents[2] / "docs/completion.bash"
SOURCES = ". /usr/share/bash-completion/bash_completion && . %s" % COMPLETION
ENVIRONMENT = environment(preload=False, PATH="%s:%s" % (BUILD, os.environ["PATH"]), TERM="dumb")
SELECTORS = ("exe", "dir", "peer", "local", "port", "cause")

# $1 is the line, and the words in it follow.
OFFER = SOURCES + """
compopt() { :; } # there is no completion under way that it could change
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_waitclose "$1"
((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
"""


def output_of(*command):
    return subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout


def help_on(*topic):
    return output_of("waitclose", "help", *topic)


def words_of(line):
    """As bash has them: broken at "=" and ":" too, but in an open quotation."""
    words = re.findall(r"""['"].*|[=:]+|[^\s=:'"]+""", line)
    return words + [""] if line.endswith(" ") and words[-1][0] not in "'\"" else words


class Offers(Case):
    def offered(self, rest):
        line = "waitclose " + rest
        asked = subprocess.run(["bash", "-c", OFFER, "bash", line, *words_of(line)], env=ENVIRONMENT, cwd=self.place,
                               capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(asked.stderr, "", line)
        return sorted(set(asked.stdout.splitlines()))

    def test_verbs_are_those_of_the_help(self):
        verbs = re.findall(r"(?m)^  (?!waitclose )([a-z]+) ", help_on())
        self.assertLessEqual({"run", "check", "scan", "help"}, set(verbs))
        self.assertEqual(self.offered(""), sorted(["--help", "--version", *verbs]))
        self.assertEqual(self.offered("help "), sorted(["policy", *verbs]))
        self.assertEqual(self.offered("ru"), ["run"])
        self.assertEqual(self.offered("nonsense "), [])

    def test_options_are_those_of_each_verbs_help(self):
        self.assertEqual(self.offered("run -"), ["--force", "--help", "-f", "-l", "-o"])
        for verb in set(self.offered("help ")) - {"policy"}:
            options = re.findall(r"(?m)^  (-\S+)", help_on(verb))
            self.assertEqual(self.offered(verb + " -"), sorted(["--help", *options]))

    def test_what_options_take(self):
        (self.place / "journey").touch()
        (self.place / "journals").mkdir()
        self.assertEqual(self.offered("report --by "), ["cause", "exe", "peer", "site"])
        self.assertEqual(self.offered("report --modules jo"), ["journals"])
        self.assertEqual(self.offered("run -o log=none -l j"), ["journal", "journals", "journey"])

    def test_options_end_at_the_program(self):
        self.assertIn("--force", self.offered("run -o x -"))
        self.assertEqual(self.offered("run true --forc"), [])
        self.assertEqual(self.offered("run -- --forc"), [])

    def test_keys_of_the_policy(self):
        outside, selectors = help_on("policy").split("\nSelectors:\n")
        for text, typed in ((outside, ""), (outside, "[port=1] "), (outside, "grace=1s;"), (selectors, "["),
                            (selectors, "[] [dir=in ")):
            keys = re.findall(r"(?m)^  ([a-z-]+) ", text)
            self.assertGreater(len(keys), 5)
            self.assertEqual(self.offered("run -o '" + typed), sorted("%s%s=" % (typed, key) for key in keys))

    def test_values_of_the_policy(self):
        for verb in ("run", "check", "scan"):
            self.assertEqual(self.offered(verb + " -o action="), ["close", "fin", "ignore", "report", "reset"])
        self.assertEqual(self.offered("run -o grace=2s,log=s"), ["stderr", "syslog"])
        self.assertEqual(self.offered("run -o keepalive!=o"), ["off"])
        self.assertEqual(self.offered("run -o \"[cause=eof-"), ["[cause=eof-ignored", "[cause=eof-unread"])
        self.assertEqual(self.offered("run -o stack="), [])

    def test_every_value_is_one(self):
        settings = 0
        for key in re.findall(r"(?m)^  ([a-z-]+) ", help_on("policy")):
            before, after = ("[", "]") if key in SELECTORS else ("[port=1] ", "") if key == "heartbeat" else ("", "")
            for setting in self.offered("run -o '%s%s=" % (before, key)):
                output_of("waitclose", "check", "-o", setting + after)
                settings += 1
        self.assertGreater(settings, 40)

    def test_files_and_programs(self):
        (self.place / "journey").touch()
        self.assertEqual(self.offered("check -f jo"), ["journey"])
        self.assertEqual(self.offered("run -o @jo"), ["@journey"])
        self.assertEqual(self.offered("report --json jo"), ["journey"])
        self.assertEqual(self.offered("scan jo"), [])
        self.assertEqual(self.offered("check printen"), ["printenv"])
        self.assertEqual(self.offered("run -o action=fin -- printen"), ["printenv"])

    def test_processes(self):
        """For a verb that takes a PID: those with the library."""
        shimmed = self.start(PYTHON, "-c", "print(flush=True); input()", stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, env=environment())
        shimmed.stdout.readline()
        offered = output_of("bash", "-c", SOURCES + "; _waitclose_argument x '[PID]...'; echo ${COMPREPLY[@]}").split()
        self.assertIn(str(shimmed.pid), offered)
        self.assertNotIn(str(os.getpid()), offered)


class Terminal(Case):
    """A TAB, in a line that readline reads."""

    def setUp(self):
        super().setUp()
        child, self.terminal = pty.fork()
        if child == 0:
            end_with_the_test()
            os.chdir(self.place)
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], ENVIRONMENT)
        self.addCleanup(os.close, self.terminal)
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.kill, child, signal.SIGKILL)
        show = r"""bind -x '"\C-x": printf "\n<%s>\n" "$READLINE_LINE"'"""
        os.write(self.terminal, ("%s; %s; echo rea''dy\n" % (SOURCES, show)).encode())
        self.read_until(r"\nready\r\n")

    def read_until(self, pattern):
        seen, end = "", time.monotonic() + PATIENCE
        while not re.search(pattern, seen):
            self.assertTrue(select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0], seen)
            seen += os.read(self.terminal, 4096).decode()
        return re.search(pattern, seen)

    def after_tab(self, line):
        os.write(self.terminal, ("%s\t\x18" % line).encode())
        result = self.read_until(r"\n<(.*)>\r\n")[1]
        os.write(self.terminal, b"\x15")
        return result

    def test_what_a_tab_makes_of_a_line(self):
        for line, longer in (
            ("waitclose ru", "waitclose run "),
            ("waitclose scan --w", "waitclose scan --watch "),
            ("waitclose run -o summ", "waitclose run -o summary="),
            ("waitclose run -o action=rep", "waitclose run -o action=report"),
            ("waitclose run -o grace=1m,action=rep", "waitclose run -o grace=1m,action=report"),
            ("waitclose run -o 'grace=1m act", "waitclose run -o 'grace=1m action="),
            ("waitclose run -o 'grace=1m action=rep", "waitclose run -o 'grace=1m action=report'"),
            ('waitclose run -o "[dir=out por', 'waitclose run -o "[dir=out port="'),
            ("waitclose check -o '[cau", "waitclose check -o '[cause="),
            ("waitclose run -o action=fin -- waitclose sca", "waitclose run -o action=fin -- waitclose scan "),
        ):
            with self.subTest(line):
                self.assertEqual(self.after_tab(line), longer)


if __name__ == "__main__":
    unittest.main()
