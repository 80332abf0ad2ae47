"""Programs that take turns. Each is started once and waits; then one slice of a millisecond or so of one, one of the
next, and round again, so that whatever the machine does meanwhile happens to all of them."""

import contextlib
import statistics
import subprocess
import time


class Stand:
    """A program that answers each line on its input with a number."""

    def __init__(self, variant, *words):
        self.name = variant.name
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(variant.command(*words), env=variant.environment(), text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name}: {self.process.args} ended with {self.process.wait()} at {what}")
        return float(answer)

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def stands(started):
    """Ends them all, whatever happens."""
    opened = list(started)
    try:
        yield opened
    finally:
        for stand in opened:
            stand.end()


class Times:
    """What was measured: for each name the slices, in the order of the turns."""

    def __init__(self):
        self.slices = {}

    def take_turns(self, opened, what, rounds, seconds=15):
        """So many rounds, but where the machine is too busy for them no more than fit into the time."""
        for stand in opened:
            stand.ask(what)  # the first is slower, of whatever
        until = time.monotonic() + seconds
        for round_ in range(rounds):
            if round_ > 1 and time.monotonic() > until:
                break
            for stand in opened if round_ % 2 else reversed(opened):
                self.slices.setdefault(stand.name, []).append(stand.ask(what))

    def median(self, name):
        return statistics.median(self.slices[name])

    def added(self, name, to):
        """The median of what a slice adds to the other's in the same turn."""
        return statistics.median(one - other for one, other in zip(self.slices[name], self.slices[to]))

    def ratio(self, name, to):
        return statistics.median(one / other for one, other in zip(self.slices[name], self.slices[to]))
