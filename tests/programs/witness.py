"""An independent witness of what the library reports: sees the connections of this network through sock_diag(7)."""
import datetime
import socket
import struct
import threading
import time

ESTABLISHED, CLOSE_WAIT = 1, 8


class Witness:
    """Asks the kernel every now and then for all connections and their states, by their cookies: sock_diag(7)."""

    SAMPLE = 0.02
    CLEAR = 0.1  # seconds: what a fin_s is rounded to

    def __init__(self):
        self.samples = []  # when asked, when answered, {cookie: state}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.over.wait(self.SAMPLE):
            before = time.time()
            states = self.connections()
            self.samples.append((before, time.time(), states))

    def end(self):
        self.over.set()
        self.thread.join()

    @staticmethod
    def connections():
        dump, by_family, tcp, netlink = 0x301, 20, 6, 16
        found = {}
        for kind in socket.AF_INET, socket.AF_INET6:
            with socket.socket(netlink, socket.SOCK_RAW, 4) as diag:
                request = struct.pack("=BBBxI48x", kind, tcp, 0, 1 << ESTABLISHED | 1 << CLOSE_WAIT)
                diag.send(struct.pack("=IHHII", 16 + len(request), by_family, dump, 1, 0) + request)
                while Witness.take(diag.recv(1 << 16), by_family, found):
                    pass
        return found

    @staticmethod
    def take(answer, kind, found):
        while answer:
            length, its_kind = struct.unpack_from("=IH", answer)
            if its_kind != kind:
                return False
            state = answer[17]
            found[struct.unpack_from("=Q", answer, 16 + 44)[0]] = state
            answer = answer[(length + 3) & ~3:]
        return True

    def objection(self, leak):
        """What was seen that a leak cannot be: alive after the FIN that it claims; or not in CLOSE_WAIT at all, though
        somebody looked all the time."""
        told = datetime.datetime.fromisoformat(leak["time"].replace("Z", "+00:00")).timestamp()
        cookie = int(leak["cookie"], 16)
        ended = told - leak.get("fin_s", 0) + self.CLEAR
        if any(before > ended and states.get(cookie) == ESTABLISHED for before, _, states in self.samples):
            return "established after its end"
        seen = any(states.get(cookie) == CLOSE_WAIT for _, _, states in self.samples)
        if leak["state"] == "CLOSE_WAIT" and not seen and self.looked(ended - 1, told):
            return "never seen in CLOSE_WAIT"
        return None

    def looked(self, start, end):
        """Without a pause."""
        times = [start] + [before for before, _, _ in self.samples if start <= before <= end] + [end]
        return all(later - earlier < self.CLEAR / 2 for earlier, later in zip(times, times[1:]))
