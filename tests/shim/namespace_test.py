"""A connection that is shared with a process which /proc does not show."""

import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "support"))
import preload

UNSHARE = ["unshare", "--user", "--pid", "--fork", "--mount-proc"]


class OtherNamespace(unittest.TestCase):
    def test_parent_outside(self):
        """It holds the connection too, and still sends on it."""
        if subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            return  # where that is not allowed, nobody gets into this position
        with tempfile.TemporaryDirectory() as directory, socket.create_server(("127.0.0.1", 0)) as listener:
            log = Path(directory) / "log"
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
            client.shutdown(socket.SHUT_WR)
            policy = f"action=fin grace=100ms interval=20ms log={log}"
            inside = ["env", f"LD_PRELOAD={preload.LIBRARY}", f"WAITCLOSE={policy}", "sleep", "1"]
            with subprocess.Popen([*UNSHARE, *inside], pass_fds=[server.fileno()]):
                until = time.monotonic() + 10
                while time.monotonic() < until and not (log.exists() and "action" in log.read_text()):
                    time.sleep(0.01)
                self.assertIn("result=EACCES", log.read_text())
                self.assertEqual(server.send(b"data"), 4)
                self.assertEqual(client.recv(10), b"data")
            client.close()
            server.close()


if __name__ == "__main__":
    unittest.main()
