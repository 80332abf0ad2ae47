"""Libraries that bind past us, and we ourselves loaded late: by dlopen(3), into another namespace, twice."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

QUICK = "grace=100ms interval=20ms"

# Leaks a connection, by its own calls: how these are bound is the loader's affair.
PLUGIN = """
#include "sockets.h"

void leak(void)
{
    close(pair_of_sockets().server);
}
"""

# Loads the library it is given, in the way it is told, and calls its leak().
HOST = """
#include "sockets.h"

#include <dlfcn.h>

int main(int count, char **arguments)
{
    bool other = arguments[1][0] == 'm', deep = arguments[1][0] == 'd';
    close(listen_on_loopback());
    void *plugin = other ? dlmopen(LM_ID_NEWLM, arguments[2], RTLD_NOW)
                         : dlopen(arguments[2], RTLD_NOW | (deep ? RTLD_DEEPBIND : 0));
    if (!plugin)
        dprintf(2, "%s\\n", dlerror());
    void (*leak)(void) = (void (*)(void))dlsym(plugin, "leak");
    if (leak)
        leak();
    nap_ms(400);
    must(count > 0 && dlclose(plugin) == 0);
    nap_ms(100);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return status_of(child);
}
"""


class Loading(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        cls.plugin = cls.build("plugin.so", PLUGIN, "-shared", "-fPIC")
        cls.host = cls.build("host", HOST)

    @classmethod
    def build(cls, name, text, *options):
        built = Path(cls.directory.name) / name
        support = Path(__file__).parent / "support"
        subprocess.run(
            ["gcc", "-std=gnu11", *options, f"-I{support}", "-o", built, "-x", "c", "-"], input=text, text=True, check=True
        )
        return str(built)

    def leaks(self, how, room):
        finished = preload.run_with_events([self.host, how, self.plugin], QUICK, room)
        self.assertEqual((finished.status, finished.stdout, finished.stderr), (0, "", ""), room)
        return finished.of("leak")

    def test_as_usual(self):
        for room in preload.ROOMS:
            (leak,) = self.leaks("usual", room)
            self.assertRegex(leak["site"], r"^plugin\.so\+0x")

    def test_bound_past_us(self):
        """Naive: it sees nothing. We miss who made it, and nothing else."""
        for how in ("deep", "m"):
            for room in preload.ROOMS:
                with self.subTest(how=how, room=room):
                    (leak,) = self.leaks(how, room)
                    self.assertEqual(leak["cause"], "eof-unread")
                    self.assertNotIn("site", leak)

    def test_we_are_loaded_late(self):
        """What was bound before goes past us. Naive: unloaded, its thread and its handlers run in memory that is gone."""
        for how in ("usual", "deep", "m"):
            for around in ("", str(preload.LIBRARY)):
                with self.subTest(how=how, around=around):
                    environment = preload.clean_environment(WAITCLOSE=QUICK, LD_PRELOAD=around)
                    finished = preload.finish([self.host, how, preload.LIBRARY], 30, env=environment)
                    self.assertEqual((finished.status, finished.stdout, finished.stderr), (0, "", ""))

    def test_named_twice(self):
        environment = preload.clean_environment(WAITCLOSE=QUICK, LD_PRELOAD=f"{preload.LIBRARY}:{preload.LIBRARY}")
        finished = preload.finish([self.host, "usual", self.plugin], 30, env=environment)
        self.assertEqual((finished.status, finished.stdout), (0, ""))
        self.assertEqual(finished.stderr.count("waitclose: leak"), 1, finished.stderr)


if __name__ == "__main__":
    unittest.main()
