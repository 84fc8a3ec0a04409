"""What containers begin to say to others by themselves, seen on their bridge, whatever becomes of it on its way."""

import socket
import struct
import threading
from ipaddress import ip_address

ETH_P_IP = 0x0800
TCP, UDP = 6, 17
SYN, ACK = 0x02, 0x10
PACKET_STATISTICS = 6
SOL_PACKET = 263
# What Linux calls it; Python has no name for it. Beyond the limit of the system, as root may.
SO_RCVBUFFORCE = 33


class Outgoing:
    """Every connection attempt and every datagram of the containers on a bridge, to wherever, as a line of text.

    Listening needs root, and leaves nothing behind on the host, however the suite ends.
    """

    def __init__(self, bridge):
        self.seen = []
        self._ended = threading.Event()
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)
        # Enough for whatever comes while the reader has no turn.
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self._socket.bind((bridge, ETH_P_IP))
        self._socket.settimeout(0.2)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def dropped(self):
        """Packets that came faster than they were read since this was asked last."""
        return struct.unpack("II", self._socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]

    def close(self):
        self._ended.set()
        self._reader.join()
        self._socket.close()

    def _read(self):
        while not self._ended.is_set():
            try:
                packet, (_, _, direction, *_) = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            attempt = attempted(packet) if direction != socket.PACKET_OUTGOING else None
            if attempt:
                self.seen.append(attempt)


def attempted(packet):
    """What an IPv4 packet begins, if it begins anything: an answer to somebody who called does not."""
    header, protocol = (packet[0] & 0x0F) * 4, packet[9]
    body = packet[header:]
    if protocol == TCP and body[13] & (SYN | ACK) == SYN:
        said = "connects"
    elif protocol == UDP:
        # The words of a question to a name server can be read.
        said = "".join(chr(byte) if chr(byte).isalnum() else "." for byte in body[8:])
    else:
        return None
    port = int.from_bytes(body[2:4], "big")
    return f"{ip_address(packet[12:16])} -> {ip_address(packet[16:20])}:{port} {said}"
