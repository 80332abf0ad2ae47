#!/usr/bin/python3
"""waitclose report, where events tell the build (stack=): never another build's symbols, and the right one's wherever
they are."""
import os
import subprocess
import unittest

import harness
import reporting

# The same code at the same places, so that nothing but the build-id tells them apart, in functions by other names.
SECOND = {"forget(": "mislay(", "neglect(": "disdain(", "next_client(": "take_client("}


class Builds(reporting.Report):
    def setUp(self):
        super().setUp()
        self.log = self.place / "log"
        self.old = self.place / "old"
        self.old.mkdir()

    def build(self, *flags):
        return self.compile("-g", "-Wl,--build-id", *flags)

    def build_second(self, *flags):
        """In the first's place."""
        source = reporting.SOURCE.read_text()
        for name, other in SECOND.items():
            source = source.replace(name, other)
        (self.place / "server").unlink()
        return self.compile("-g", "-Wl,--build-id", *flags, source=self.write("second.c", source))

    def leak_into(self, log, program, forgotten=1, form="json"):
        self.finish(self.serve(program, forgotten, 0, log, policy="stack=8", form=form))

    def only_site(self, *words, **more):
        self.whole = self.report(self.log, *words, status=1, **more)
        (group,) = self.whole["groups"]
        (site,) = group["sites"]
        self.assertEqual(group["name"], site["name"])
        self.assertEqual(group.get("build"), site.get("build"))
        return site

    def server_file(self):
        return next(module for module in self.whole["modules"] if module["module"] == "server")

    def functions(self):
        """What the report names: who made the socket, read from it, and the frames in the server."""
        (group,) = self.whole["groups"]
        frames = [frame.get("function") for frame in group["stacks"][0]["frames"] if frame["site"].startswith("server+")]
        return group["sites"][0].get("function"), group["readers"][0].get("function"), frames[:2]

    FIRST = ("next_client", "forget", ["next_client", "main"])
    NOTHING = (None, None, [None, None])

    def test_another_build_gives_no_symbols(self):
        for form in ("text", "json"):
            with self.subTest(form=form):
                self.log.unlink(missing_ok=True)
                program = self.build()
                build = self.build_of(program)
                self.leak_into(self.log, program, form=form)
                self.assertNotEqual(self.build_of(self.build_second()), build)
                in_path = {"PATH": "%s:%s" % (self.place, os.environ["PATH"])}
                for words, more, origin in (((), in_path, "named"), (("--modules", self.place), {}, "given")):
                    self.assertEqual(self.only_site(*words, **more)["build"], build)
                    self.assertEqual(self.functions(), self.NOTHING)
                    self.assertEqual(self.server_file(), {"module": "server", "build": build, "path": str(self.place / "server"),
                                                          "found": origin, "other_build": True})
                    text = self.run_report(*words, self.log, status=1, **more)
                    self.assertIn("ANOTHER BUILD than the one that ran", " ".join(text.split()))
                    self.assertIn("\n   build     %s\n" % build, text)
                    for name in SECOND.values():
                        self.assertNotIn(name.rstrip("("), text)

    def test_the_right_build_is_found_beside_another(self):
        """Below the user's directories, in PATH behind the second, and as debug information alone."""
        program = self.build()
        build = self.build_of(program)
        self.leak_into(self.log, program)
        (self.old / "server").write_bytes(program.read_bytes())
        (self.old / "server").chmod(0o755)
        self.build_second()
        debug = self.place / "debug"
        self.separate_debug(self.compile("-g", "-Wl,--build-id", name="copy"), debug)
        self.assertEqual([self.build_of(file) for file in debug.rglob("*.debug")], [build])  # a build that can be repeated
        new = self.place / "new"
        new.mkdir()
        os.rename(self.place / "server", new / "server")
        path = {"PATH": "%s:%s:%s" % (new, self.old, os.environ["PATH"])}
        for words, more, found in (
            (("--modules", new, "--modules", self.old), {}, "given"),
            (("--modules", self.old, "--modules", new), {}, "given"),
            (("--modules", new), path, "named"),
            (("--modules", debug), {}, "debug"),
            (("--modules", new, "--modules", debug), {}, "debug"),
        ):
            with self.subTest(words=words, found=found):
                self.assertEqual(self.only_site(*words, **more)["build"], build)
                self.assertEqual(self.functions(), self.FIRST)
                module = self.server_file()
                self.assertEqual((module["build"], module["found"], module["other_build"]), (build, found, False))
                text = self.run_report(*words, self.log, status=1, **more)
                self.assertIn("the build that ran" if found != "debug" else "the debug information of the build that ran",
                              " ".join(text.split()))

    def test_no_doubt_though_the_file_has_changed(self):
        """Its times may be a copy's; the same build is the same build."""
        program = self.build()
        self.leak_into(self.log, program)
        program.chmod(0o700)
        path = "%s:%s" % (self.place, os.environ["PATH"])
        self.assertNotIn("doubtful", self.only_site(PATH=path))
        self.assertEqual(self.functions(), self.FIRST)
        self.assertNotIn("changed", self.server_file())
        self.assertNotIn("CHANGED", self.run_report(self.log, status=1, PATH=path))

    def test_the_process_that_runs(self):
        """Though its file has been replaced: it has the first build mapped still."""
        program = self.build()
        server = self.serve(program, 1, 0, self.log, policy="stack=8")
        self.build_second()
        self.only_site("--modules", self.place)
        self.assertEqual(self.functions(), self.FIRST)
        self.assertEqual(self.server_file()["found"], "mapped")
        self.finish(server)
        self.only_site("--modules", self.place)
        self.assertEqual(self.functions(), self.NOTHING)

    def test_two_builds_are_two_groups(self):
        first, second = self.place / "first", self.place / "second"
        program = self.build()
        builds = [self.build_of(program)]
        self.leak_into(first, program, 2)
        os.rename(program, self.old / "server")
        program.touch()
        program = self.build_second()
        builds.append(self.build_of(program))
        self.leak_into(second, program, 1)
        modules = ("--modules", self.place)
        groups = self.report(first, second, *modules, status=1)["groups"]
        self.assertEqual(groups[0]["name"], groups[1]["name"])
        self.assertEqual([(group["build"], group["leaks"], group["sites"][0]["function"]) for group in groups],
                         [(builds[0], 2, "next_client"), (builds[1], 1, "take_client")])
        (group,) = self.report("--by", "cause", first, second, *modules, status=1)["groups"]
        self.assertEqual([(site["build"], site["function"]) for site in group["sites"]],
                         [(builds[0], "next_client"), (builds[1], "take_client")])
        self.assertEqual([reader["function"] for reader in group["readers"]], ["forget", "mislay"])
        self.assertEqual([stack["frames"][0]["function"] for stack in group["stacks"]], ["next_client", "take_client"])
        text = " ".join(self.run_report("--by", "cause", first, second, *modules, status=1).split())
        for build in builds:
            self.assertIn(", build %s" % build, text)

    def test_without_a_build_id(self):
        """As where no stack is asked for: how sure the file is, the report says."""
        program = self.compile("-g", "-Wl,--build-id=none")
        self.leak_into(self.log, program)
        self.assertNotIn("site_build", self.log.read_text())
        self.assertIn('"stack":', self.log.read_text())
        self.assertNotIn("build", self.only_site("--modules", self.place))
        self.assertEqual(self.functions(), self.FIRST)
        self.assertEqual(self.server_file(), {"module": "server", "path": str(program), "found": "given", "other_build": False})

    def test_a_file_without_a_build_id_is_another(self):
        program = self.build()
        self.leak_into(self.log, program)
        self.compile("-g", "-Wl,--build-id=none")
        self.only_site("--modules", self.place)
        self.assertEqual(self.functions(), self.NOTHING)
        self.assertTrue(self.server_file()["other_build"])

    def test_stripped(self):
        """With its debug information apart: together, or the latter alone."""
        program = self.build()
        debug = self.separate_debug(program, self.place / "debug")
        self.leak_into(self.log, program)
        path = {"PATH": "%s:%s" % (self.place, os.environ["PATH"])}
        self.only_site(**path)
        self.assertEqual(self.functions(), self.NOTHING)
        self.assertEqual(self.server_file()["other_build"], False)
        for more, found in ((path, "named"), ({}, "debug")):
            self.only_site("--modules", debug, **more)
            self.assertEqual(self.functions(), self.FIRST)
            self.assertEqual(self.server_file()["found"], found)

    def test_debug_information_by_the_programs_name(self):
        """It has no code to hold against the events, with a build or without."""
        apart = self.place / "apart"
        apart.mkdir()
        for flag in ("-Wl,--build-id", "-Wl,--build-id=none"):
            with self.subTest(flag):
                self.log.unlink(missing_ok=True)
                program = self.compile("-g", flag)
                subprocess.run(["objcopy", "--only-keep-debug", program, apart / "server"], check=True)
                self.leak_into(self.log, program)
                program.unlink()
                self.only_site("--modules", apart)
                self.assertEqual(self.functions(), self.FIRST)
                self.assertEqual((self.server_file()["found"], self.server_file()["other_build"]), ("given", False))

    def test_at_fixed_addresses(self):
        program = self.build("-no-pie", "-fno-pie")
        debug = self.separate_debug(program, self.place / "debug")
        self.leak_into(self.log, program)
        self.only_site("--modules", debug)
        self.assertEqual(self.functions(), self.FIRST)

    def test_not_found(self):
        log = self.write("log", reporting.as_text([reporting.leak(site="no-such-program+0x10", site_build="0123456789abcdef")]))
        self.assertEqual(self.report(log, status=1)["modules"], [{"module": "no-such-program", "build": "0123456789abcdef"}])
        self.assertIn("symbols   no-such-program of build 0123456789abcdef: not found; --modules says where to look",
                      self.run_report(log, status=1))

    def test_hostile_builds(self):
        """No more than a build that is not found."""
        for build in ("../../../../etc/passwd", "%s%n", "0", "x" * 3000, "00" * 500):
            log = self.write("log", reporting.as_text([reporting.leak(site="sh+0x10", site_build=build)]))
            (module,) = self.report("--modules", self.place, log, status=1)["modules"]
            self.assertEqual((module["build"], module["other_build"]), (build, True))


if __name__ == "__main__":
    unittest.main()
