"""What the library shows to the world: the hooks of shim/hooks.def under libc's names, all their siblings, the constant
that `waitclose status` reads, and nothing else."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload
from preload import LIBRARY

STATUS = "waitclose_status"
HOOKS = Path(__file__).resolve().parents[2] / "shim/hooks.def"


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def listed():
    """The third argument of each HOOK line; what stands in an #if is for 32 bits and glibc."""
    lines = HOOKS.read_text()
    if preload.machine(LIBRARY) != "i386" or preload.is_musl(preload.DENY):
        lines = re.sub(r"^#if .*?^#endif$", "", lines, flags=re.M | re.S)
    return re.findall(r"^HOOK\(\w+, [^,]+, (\w+),", lines, re.M)


def dynamic_symbols(library):
    """Name and version of each symbol that a shared object defines for others."""
    for line in output_of("readelf", "--wide", "--dyn-syms", library).splitlines():
        found = re.match(r"\s*\d+: \w+\s+\S+ +(?:FUNC|OBJECT|IFUNC) +(?:GLOBAL|WEAK) +DEFAULT +(?!UND)\S+ ([^@\s]+)@*(\S*)", line)
        if found:
            yield found.groups()


def libc_functions():
    """What libc offers to programs; what it keeps to itself (GLIBC_PRIVATE) is not for them to call."""
    return {name for name, version in dynamic_symbols(preload.libc()) if version != "GLIBC_PRIVATE"}


def siblings(name):
    """The other names under which libc may offer the same call."""
    plain = name.removesuffix("_chk").strip("_") if name.startswith("__") else name
    return {plain} | {
        prefix + plain + suffix
        for prefix in ("", "_", "__")
        for suffix in ("", "64", "_chk", "_time64", "64_time64", "_time64_chk", "_nocancel", "_2")
    }


# The vectors come with 1.2.5.
MUSL_LACKS = {"fcntl64", "preadv2", "preadv64v2", "pwritev2", "pwritev64v2"}


class Exports(unittest.TestCase):
    def test_exports_are_the_hook_list(self):
        names = listed()
        self.assertGreater(len(names), 20)
        self.assertEqual(len(names), len(set(names)), "a hook is listed twice")
        found = {name for name, _ in dynamic_symbols(LIBRARY)} - {"_init", "_fini"}  # musl's crti.o shows these
        self.assertEqual(sorted([*names, STATUS]), sorted(found))

    def test_status_is_a_constant(self):
        """Written by the loader alone: it lies where nobody can write afterwards."""
        found = re.search(r"([0-9a-f]+) +\d+ OBJECT +GLOBAL +DEFAULT .* %s$" % STATUS,
                          output_of("readelf", "--wide", "--dyn-syms", LIBRARY), re.M)
        start, size = re.search(r"GNU_RELRO +\S+ 0x([0-9a-f]+) \S+ \S+ 0x([0-9a-f]+)",
                                output_of("readelf", "--wide", "--program-headers", LIBRARY)).groups()
        self.assertIn(int(found[1], 16), range(int(start, 16), int(start, 16) + int(size, 16)))

    def test_each_hook_stands_before_something(self):
        missing = set(listed()) - libc_functions()
        if preload.is_musl(preload.DENY):
            missing -= {name for name in missing if name.startswith("__")}  # what only glibc calls so
            missing -= MUSL_LACKS
        self.assertEqual(sorted(missing), [])

    def test_siblings_are_hooked_too(self):
        beside = set().union(*map(siblings, listed())) & libc_functions()
        self.assertEqual(sorted(beside - set(listed())), [])

    def test_needs_only_libc(self):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", output_of("readelf", "--wide", "--dynamic", LIBRARY))
        self.assertEqual(len(needed), 1, needed)
        self.assertRegex(needed[0], r"^libc\.(so|so\.6|musl-\w+\.so\.1)$")

    def test_glibc_leaves_one_for_musl_alone(self):
        """By its OS/ABI: for want of musl it would end the program."""
        self.assertEqual(LIBRARY.read_bytes()[7] == 255, preload.is_musl(preload.DENY))

    def test_has_no_thread_local_storage(self):
        """Of static TLS, which is scarce, a library loaded late may get none."""
        self.assertNotRegex(output_of("readelf", "--wide", "--program-headers", LIBRARY), r"\bTLS\b")

    def test_asks_the_environment_of_no_privileged_program(self):
        """Where the loader lets us in under AT_SECURE, what the caller's environment says does not count."""
        wanted = set(output_of("nm", "--dynamic", "--undefined-only", "--format=just-symbols", LIBRARY).split())
        self.assertEqual({re.sub("@.*", "", name) for name in wanted if "getenv" in name}, {"secure_getenv"})

    def test_is_hardened(self):
        self.assertIn("GNU_RELRO", output_of("readelf", "--wide", "--program-headers", LIBRARY))
        self.assertRegex(output_of("readelf", "--wide", "--dynamic", LIBRARY), r"\(FLAGS\).*BIND_NOW")
        self.assertRegex(output_of("readelf", "--wide", "--dynamic", LIBRARY), r"\(FLAGS_1\).*NODELETE")
        stack = re.search(r"GNU_STACK.*", output_of("readelf", "--wide", "--program-headers", LIBRARY))[0]
        self.assertNotRegex(stack, r"\bRWE\b")


if __name__ == "__main__":
    unittest.main()
