"""The watcher uses no libc, and hooks that only forward jump: read off the machine code."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload
from preload import BUILD

HOOKS = Path(__file__).resolve().parents[2] / "shim/hooks.def"

SOURCES = HOOKS.parent

# What runs on the program's threads, and may call libc; hints.c serves both sides. All else is the watcher's.
PROGRAMS_SIDE = set(
    "executed hints hook_process hook_read hook_socket hook_write inherited libc libc_clock life load next policy_explain policy_keys policy_options policy_parse "
    "policy_reader policy_values room_choose settle stack".split()
)
WATCHER = sorted({path.stem for path in SOURCES.glob("*.c")} - PROGRAMS_SIDE)

# How an architecture writes: a jump to where a variable points, a call, a push, and access to thread-local storage. On
# i386 a function calls for its own address first, which leaves nothing behind, and has no registers to do without a push.
MACHINE = preload.machine(preload.LIBRARY)
JUMP, CALL, PUSH, THREAD_LOCAL = {
    "x86_64": (r"^(notrack )?jmp\s+\*", r"^call", r"^push|^sub .*,%rsp", r"%fs:"),
    "i386": (r"^(notrack )?jmp\s+\*", r"^call(?!.*<__x86\.get_pc_thunk)", r"^push|^sub .*,%esp", r"%gs:"),
    "aarch64": (r"^br\s", r"^blr?\s", r"^stp .*\[sp", r"tpidr_el0"),
}[MACHINE]
NEEDS_STACK = CALL if MACHINE == "i386" else f"{CALL}|{PUSH}"

# What the compiler brings along (libgcc): 64 bits on 32-bit machines; aarch64's atomics, in old instructions or new.
COMPILERS_OWN = re.compile(r"__u?(div|mod|divmod)di[34]|__ctzdi2|__aarch64_(cas|swp|ld\w+)\d_\w+")

OBJDUMP = "aarch64-linux-gnu-objdump" if preload.emulated() else "objdump"


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def object_file(name):
    return BUILD / "shim" / f"{name}.o"


def symbols(path, *options):
    return set(output_of("nm", "--format=just-symbols", *options, path).split())


def disassembly(path):
    """The functions of an object or library: for each, its instructions, and the symbols that these refer to."""
    functions = {}
    code, refers = [], set()
    for line in output_of(OBJDUMP, "--disassemble", "--reloc", "--no-show-raw-insn", path).splitlines():
        if begins := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            code, refers = functions.setdefault(begins[1], ([], set()))
        elif relocation := re.match(r"\s+[0-9a-f]+: R_\S+\s+([^-+\s]+)", line):
            refers.add(relocation[1])
        elif instruction := re.match(r"\s*[0-9a-f]+:\t(.*)", line):
            code.append(instruction[1])
            target = re.search(r"<([^+>]+)", instruction[1])
            if target and not instruction[1].startswith("adrp"):  # that is an object's page 0, before it is linked
                refers.add(target[1])
    return functions


def steps(name, library):
    """A function's instructions by address, each with the addresses that may come next."""
    found, last = {}, None
    listing = output_of(OBJDUMP, f"--disassemble={name}", "--no-show-raw-insn", library)
    for address, instruction in re.findall(r"^ *([0-9a-f]+):\t(.*)$", listing, re.M):
        address = int(address, 16)
        if last is not None:
            found[last][1].append(address)
        target = re.search(r"\b([0-9a-f]+) <", instruction)
        branches = target and not re.search(CALL, instruction)
        found[address] = (instruction, [int(target[1], 16)] if branches else [])
        last = None if re.match(r"(jmp|b|br|ret)\s", instruction + " ") else address
    return found


def hook_names():
    return set(re.findall(r"^HOOK\(\w+, [^,]+, (\w+),", HOOKS.read_text(), re.M))


class Bare(unittest.TestCase):
    """What the watcher reaches, and with it what it may not: libc, its errno, any hook of ours."""

    @classmethod
    def setUpClass(cls):
        cls.others = {path.stem: path for path in (BUILD / "shim").glob("*.o") if path.stem not in WATCHER}
        cls.own = {name for path in (BUILD / "shim").glob("*.o") for name in symbols(path, "--defined-only")}

    def reached(self):
        """Functions outside the watcher's objects that it comes to, with all that each refers to."""
        functions = {}
        for path in self.others.values():
            functions.update(disassembly(path))
        todo = set().union(*(symbols(object_file(name), "--undefined-only") for name in WATCHER)) & functions.keys()
        found = {}
        while todo:
            name = todo.pop()
            found[name] = functions[name]
            todo |= (functions[name][1] & functions.keys()) - found.keys()
        return found

    def foreign(self, names):
        return sorted(name for name in names - self.own - {"_GLOBAL_OFFSET_TABLE_"} if not COMPILERS_OWN.fullmatch(name))

    def test_objects_need_only_our_own(self):
        for name in WATCHER:
            with self.subTest(name):
                needed = symbols(object_file(name), "--undefined-only")
                self.assertEqual(self.foreign(needed), [])
                self.assertEqual(sorted(needed & hook_names()), [], "a hook is for the program's calls")

    def test_what_they_call_needs_only_our_own(self):
        functions = self.reached()
        self.assertIn("hints_copy", functions)
        for name, (_, refers) in functions.items():
            with self.subTest(name):
                self.assertEqual(self.foreign({symbol for symbol in refers if not symbol.startswith(".")}), [])
                self.assertEqual(sorted(refers & hook_names()), [])

    def test_no_thread_local_storage(self):
        for name in WATCHER:
            with self.subTest(name):
                relocations = output_of("readelf", "--wide", "--relocs", object_file(name))
                self.assertNotRegex(relocations, r"R_\S*(TLS|TPOFF|DTPOFF|GOTTPOFF)")
                for function, (code, _) in disassembly(object_file(name)).items():
                    used = [instruction for instruction in code if re.search(THREAD_LOCAL, instruction)]
                    self.assertEqual(used, [], function)
        for function, (code, _) in self.reached().items():
            used = [instruction for instruction in code if re.search(THREAD_LOCAL, instruction)]
            self.assertEqual(used, [], function)

    def test_no_stack_protector(self):
        for name in WATCHER:
            self.assertFalse({"__stack_chk_fail", "__stack_chk_fail_local"} & symbols(object_file(name)), name)


class Jumps(unittest.TestCase):
    """A hook that does not know the descriptor hands the call on by a jump, with nothing of its own on the stack."""

    def jumps_on(self, code, address):
        """Whether some way from here leads to the jump, past no call and no push."""
        seen, todo = set(), [address]
        while todo:
            at = todo.pop()
            if at in seen or at not in code:
                continue
            seen.add(at)
            instruction, following = code[at]
            if re.search(JUMP, instruction):
                return True
            if not re.search(NEEDS_STACK, instruction):
                todo += following
        return False

    def assert_jumps(self, name):
        """From the start, and on one side of each decision that is taken before the stack is used."""
        code = steps(name, BUILD / "libwaitclose.so")
        seen, todo = set(), [min(code)]
        self.assertTrue(self.jumps_on(code, min(code)), "there is no jump")
        while todo:
            at = todo.pop()
            if at in seen or at not in code:
                continue
            seen.add(at)
            instruction, following = code[at]
            if len(following) > 1:
                self.assertTrue(any(self.jumps_on(code, to) for to in following), instruction)
            if not re.search(f"{NEEDS_STACK}|{JUMP}", instruction):
                todo += following

    def test_vfork_leaves_nothing_on_the_stack(self):
        for name in ("vfork", "__vfork"):
            code = [instruction for instruction, _ in steps(name, BUILD / "libwaitclose.so").values()]
            code = [instruction for instruction in code if "nop" not in instruction and "xchg" not in instruction]
            self.assertRegex(code[-1], JUMP)
            self.assertEqual([instruction for instruction in code if re.search(f"{CALL}|{PUSH}", instruction)], [])

    def test_untracked_descriptors(self):
        for name in (
            "read __read __read_chk readv preadv2 preadv64v2 recv __recv_chk recvfrom __recvfrom_chk recvmsg recvmmsg close "
            "write __write writev send __send sendto sendmsg sendmmsg sendfile sendfile64 splice pwritev2 pwritev64v2 "
            "setsockopt dup dup2 __dup2 dup3 fcntl __fcntl fcntl64"
        ).split():
            with self.subTest(name):
                self.assert_jumps(name)


if __name__ == "__main__":
    unittest.main()
