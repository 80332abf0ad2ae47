"""What a program is run under: nothing, a library that is the floor, ours by a policy, or what people use instead."""

import os
from dataclasses import dataclass, replace

BUILD = ""  # both set by bench.py, before any part is run
BEFORE = ""  # another build's library, to be set beside this one's


def use_build(directory, before):
    global BUILD, BEFORE  # pylint: disable=global-statement
    BUILD = os.path.abspath(directory)
    BEFORE = os.path.abspath(before) if before else ""


def program(name):
    return f"{BUILD}/tests/bench/{name}"


@dataclass(frozen=True)
class Variant:
    """A way to run a program. library: preloaded; policy: WAITCLOSE; wrapper: what stands before the command."""

    name: str
    library: str = ""
    policy: str = ""
    shared: bool = False  # the watcher has to share the program's descriptor table
    wrapper: tuple = ()
    more: tuple = ()  # of the environment

    def environment(self):
        kept = {key: value for key, value in os.environ.items() if key not in ("LD_PRELOAD", "WAITCLOSE")}
        loaded = {"LD_PRELOAD": self.library} if self.library and not self.shared else {}
        policy = {"WAITCLOSE": self.policy} if self.policy else {}
        return kept | loaded | policy | dict(self.more)

    def command(self, *words):
        """As a list; to be run with `environment`."""
        denied = [f"{BUILD}/tests/shim/deny", self.library] if self.shared else []
        return [*self.wrapper, *denied, *map(str, words)]

    def loading(self, *words):
        """The same for a command that is run by another program, which is not to be run so itself."""
        kept = [f"LD_PRELOAD={self.library}"] if self.library and not self.shared else []
        return ["env", *kept, *self.command(*words)]

    def named(self, name):
        return replace(self, name=name)


def bare():
    return Variant("bare")


def control():
    """The same again: what two equal runs differ by."""
    return Variant("bare again")


def empty():
    return Variant("empty library", program("empty.so"))


def floor():
    """A library that only forwards, by a jump."""
    return Variant("forwarder", program("forwarder_jumps.so"))


def returning():
    """One that calls and returns: what any hook pays that looks at a result."""
    return Variant("forwarder, returns", program("forwarder_returns.so"))


def others_before(policy="", name="before"):
    """A list: of the library that this one is compared to, or empty."""
    return [Variant(name, BEFORE, policy)] if BEFORE else []


def ours(policy="", shared=False, name="waitclose"):
    return Variant(name, f"{BUILD}/libwaitclose.so", policy, shared)
