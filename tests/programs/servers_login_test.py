#!/usr/bin/python3
"""sshd with its sandbox: logins side by side, transfers, a reload; with the library it does what it does without."""
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import unittest

import harness
import servers
from half_close_test import hash_of

LOGINS = 8
SSHD = """
ListenAddress 127.0.0.1:%(port)d
HostKey %(place)s/host
AuthorizedKeysFile %(place)s/key.pub
StrictModes no
PermitRootLogin yes
MaxStartups 100
PidFile none
SetEnv HOME=%(place)s
Subsystem sftp /usr/lib/openssh/sftp-server
"""
SECCOMP_FILTER = "\nSeccomp:\t2\n"  # proc(5)


class Login(servers.Case):
    def start_sshd(self, trial):
        """The server, its port, and what to tell ssh, scp and sftp to get there."""
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # in a /run of our own
        for key in "host", "key":
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", trial.place / key], check=True)
        port = servers.free_port()
        (trial.place / "sshd.conf").write_text(SSHD % {"port": port, "place": trial.place})
        server = trial.serve(port, "/usr/sbin/sshd", "-D", "-e", "-f", trial.place / "sshd.conf")
        (trial.place / "known").write_text("[127.0.0.1]:%d %s" % (port, (trial.place / "host.pub").read_text()))
        options = ["BatchMode=yes", "IdentitiesOnly=yes", "UserKnownHostsFile=%s" % (trial.place / "known"),
                   "IdentityFile=%s" % (trial.place / "key"), "Port=%d" % port]
        return server, port, ["-F", "none", *("-o" + option for option in options)]

    @staticmethod
    def host():
        return pwd.getpwuid(os.getuid()).pw_name + "@127.0.0.1"

    def sandbox(self, trial, server, port):
        """Somebody who has not logged in yet is served by a process that a filter binds; the library is in it."""
        def sandboxed():
            for pid in servers.family(server.pid):
                if SECCOMP_FILTER in pathlib.Path("/proc/%d/status" % pid).read_text():
                    return pid
            return None
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"SSH-2.0-nobody\r\n")
            pid = harness.wait_for("the sandbox", sandboxed)
            maps = pathlib.Path("/proc/%d/maps" % pid).read_text()
        self.assertEqual("libwaitclose.so" in maps, trial.policy is not None)

    def logins(self, trial, there):
        clients = [trial.start("ssh", *there, self.host(), "cat /proc/self/stat >/dev/null; echo %d; exit %d" % (
            number, number)) for number in range(LOGINS * servers.MORE)]
        for number, client in enumerate(clients):
            self.assertEqual(trial.finish(client, status=number % 256), "%d\n" % number)
        trial.count("logins", len(clients))

    def transfers(self, trial, there):
        """There and back again, with scp's old protocol, its new one, and sftp. To be passed to `intact`."""
        place = trial.place
        (place / "original").write_bytes(os.urandom(4 << 20))
        (place / "batch").write_text("put original sftp-there\nget sftp-there sftp-back\n")
        return [trial.start("scp", *there, "-O", place / "original", "%s:%s/old" % (self.host(), place)),
                trial.start("scp", *there, "-l", "60000", "%s:%s/original" % (self.host(), place), place / "new"),
                trial.start("sftp", *there, "-b", place / "batch", "%s:%s" % (self.host(), place))]

    def intact(self, trial, transfers):
        for transfer in transfers:
            trial.finish(transfer)
        copies = {hash_of(trial.place / name) for name in ("original", "old", "new", "sftp-there", "sftp-back")}
        self.assertEqual(len(copies), 1)

    def sshd(self, trial):
        server, port, there = self.start_sshd(trial)
        self.sandbox(trial, server, port)
        waiting = trial.start("ssh", *there, self.host(), "echo first; read word; echo $word; exit 3",
                              stdin=subprocess.PIPE)
        harness.wait_for("a session", lambda: waiting.output.read_text())
        transfers = self.transfers(trial, there)
        self.logins(trial, there)
        server.send_signal(signal.SIGHUP)  # it becomes itself anew; what it had begun goes on
        harness.wait_for("the reload", lambda: server.output.read_text().count("Server listening") == 2)
        self.logins(trial, there)
        self.intact(trial, transfers)
        trial.rest(server)
        waiting.communicate(b"last\n")
        self.assertEqual(trial.finish(waiting, status=3), "first\nlast\n")
        harness.wait_for("the end of all sessions", lambda: servers.family(server.pid) == [server.pid])
        trial.stop(server, complaints="error|fatal")
        trial.count("accepted", server.output.read_text().count("Accepted publickey"))

    def test_sshd(self):
        self.compare(self.sshd, ["sshd", "ssh"])


if __name__ == "__main__":
    unittest.main()
