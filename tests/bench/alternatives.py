"""alternatives: what people use to see a program's sockets, or preload before its calls, beside this library; each as
Debian has it."""

import glob
import os
import shutil
import sys
import tempfile
import time

import variants
from rows import Table
from turns import Stand, Times, stands
from variants import Variant

KINDS = ("read-file", "recv", "cycle")
ROUNDS, ROUNDS_QUICK = 12, 2


def library(name):
    """Where Debian has it, whatever the architecture's directory is called."""
    found = glob.glob(f"/usr/lib/*/{name}") + glob.glob(f"/usr/lib/*/*/{name}")
    return found[0] if found else None


def there(folder):
    """Those of them that this machine has; scripts/deps bench installs them all."""
    conf = f"{folder}/torsocks.conf"
    with open(conf, "w", encoding="ascii") as file:
        file.write("AllowInbound 1\nAllowOutboundLocalhost 1\n")
    tools = (
        Variant("strace -f", wrapper=("strace", "-f", "-o", "/dev/null")),
        Variant("strace --seccomp-bpf, close only",
                wrapper=("strace", "-f", "--seccomp-bpf", "-e", "trace=close", "-o", "/dev/null")),
        Variant("ltrace", wrapper=("ltrace", "-f", "-o", "/dev/null", "-e", "read+recv+socket+connect+accept+close")),
        Variant("valgrind --track-fds=yes", wrapper=("valgrind", "-q", "--track-fds=yes", f"--log-file={folder}/valgrind")),
        Variant("socket_wrapper", library("libsocket_wrapper.so") or "", more=(("SOCKET_WRAPPER_DIR", folder),)),
        Variant("torsocks", library("libtorsocks.so") or "", more=(("TORSOCKS_CONF_FILE", conf),)),
    )
    for tool in tools:
        if tool.library or (tool.wrapper and shutil.which(tool.wrapper[0])):
            yield tool
        else:
            print(f"alternatives: {tool.name} is not here; scripts/deps bench installs it", file=sys.stderr)


def run(quick):
    times = {kind: Times() for kind in KINDS}
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        under = [variants.bare(), variants.control(), variants.floor(), variants.ours(), *there(folder)]
        with stands(Stand(variant, variants.program("calls"), "slices", 1) for variant in under) as opened:
            time.sleep(0 if quick else 0.5)
            for kind, measured in times.items():
                measured.take_turns(opened, kind, ROUNDS_QUICK if quick else ROUNDS)
    table = Table("alternatives", "What people use instead: nanoseconds a call, and how many times the bare program's")
    for variant in under:
        figures = {}
        for kind, measured in times.items():
            figures[f"{kind}, ns"] = measured.median(variant.name)
            figures[f"{kind}, times"] = measured.ratio(variant.name, "bare")
        table.add(variant.name, figures)
    return [table]
