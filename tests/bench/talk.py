"""Programs that are told what to do by a line, and answer with lines, the last of them "."; and what /proc tells of
them."""

import contextlib
import os
import subprocess

import variants


class Program:
    def __init__(self, variant, name, *words):
        self.what = f"{name} under {variant.name}"
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(variant.command(variants.program(name), *words), env=variant.environment(),
                                        text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.what} ended with {self.process.wait()}")
        return line.rstrip("\n")

    def say(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()

    def answer(self):
        """Up to the dot: of each line its numbers."""
        lines = []
        while (line := self.line()) != ".":
            lines.append([int(word) for word in line.split()])
        return lines

    def ask(self, what):
        self.say(what)
        return self.answer()

    def watcher(self):
        """The thread that is not the program's own, which has one."""
        others = [thread for thread in os.listdir(f"/proc/{self.process.pid}/task") if int(thread) != self.process.pid]
        return int(others[0]) if others else None

    def watcher_cpu(self):
        """Nanoseconds; 0 without a watcher."""
        thread = self.watcher()
        if thread is None:
            return 0
        with open(f"/proc/{self.process.pid}/task/{thread}/schedstat", encoding="ascii") as file:
            return int(file.read().split()[0])

    def private_kib(self):
        return private_kib(self.process.pid)

    def end(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def private_kib(process):
    """Memory that no other process has a part in."""
    with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as rollup:
        fields = dict(line.split(":", 1) for line in rollup if ":" in line.split(" ")[0])
    return sum(int(fields[key].split()[0]) for key in ("Private_Clean", "Private_Dirty"))


@contextlib.contextmanager
def connected(variant, count):
    """A program with so many connections, and the process at their other ends."""
    with contextlib.ExitStack() as both:
        peer = Program(variants.bare(), "peer", count)
        both.callback(peer.end)
        port = peer.line()
        holder = Program(variant, "holder", port, count)
        both.callback(holder.end)
        holder.answer()
        peer.answer()
        yield holder, peer
