"""One client that does one thing as fast as it can: flood.py KIND SECONDS. Says at the end, or at TERM, how often it did it.

Addresses are those of io.hawser.lb.demo.Network, this host is 10.77.0.23.
"""

import collections
import os
import signal
import socket
import struct
import sys
import time

VIRTUAL = "10.77.0.10"
NODES = ["10.77.0.11", "10.77.0.12"]
OWN = "10.77.0.23"
UNLISTED = "10.77.0.77"
GROUP = "224.0.0.18"
ADMIN, PLAIN, TLS, BOUNDED = 9100, 6443, 6444, 6445
VRID = 51
KEPT = 4000
BEHIND = 64  # A connection is spoken on when so many newer ones were begun: it is open then, or will not be.
AT_ONCE = 32  # How often between two looks at the clock.
BROADCAST = b"\xff" * 6
RESET = struct.pack("ii", 1, 0)


def mac_of_this_host():
    with open("/sys/class/net/eth0/address") as file:
        return bytes.fromhex(file.read().strip().replace(":", ""))


def mac(address):
    socket.create_connection((address, ADMIN), 5).close()
    with open("/proc/net/arp") as file:
        for line in file:
            if line.split()[0] == address:
                return bytes.fromhex(line.split()[3].replace(":", ""))
    raise SystemExit("no MAC address for " + address)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packet(to_mac, source, destination, payload):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0xC0, 20 + len(payload), 0, 0, 255, 112, 0,
                       socket.inet_aton(source), socket.inet_aton(destination))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return to_mac + mac_of_this_host() + b"\x08\x00" + head + payload


def advert(source, destination, vrid, priority, damage=0):
    body = struct.pack("!BBBBHH4s", 0x31, vrid, priority, 1, 100, 0, socket.inet_aton(VIRTUAL))
    pseudo = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!BBH", 0, 112, len(body))
    return body[:6] + struct.pack("!H", checksum(pseudo + body) ^ damage) + body[8:]


def arp(operation, sender_mac, address):
    own = mac_of_this_host()
    target = BROADCAST if operation == 2 else b"\0" * 6
    return (BROADCAST + own + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
            + sender_mac + socket.inet_aton(address) + target + socket.inet_aton(address))


def frames(kind):
    own = mac_of_this_host()
    made_up = [b"\x02\0\0\0" + struct.pack("!H", i) for i in range(500)]
    if kind == "arp":
        return [arp(1 + i % 2, own, "10.77.0.%d" % (200 + i % 50)) for i in range(100)]
    if kind == "claims":
        return [arp(1 + i % 2, each, VIRTUAL) for i, each in enumerate([own] + made_up)]
    macs = [mac(node) for node in NODES]
    group = bytes.fromhex("01005e000012")
    if kind == "adverts-unlisted":
        return [packet(macs[i % 2], UNLISTED, NODES[i % 2], advert(UNLISTED, NODES[i % 2], VRID, priority))
                for i, priority in enumerate([0, 0, 1, 1, 100, 100, 254, 254])]
    if kind == "adverts-listed":
        # Of the backup to the active node: worse than its own. What would be better, or a resignation, is believed: RFC 9568 9.
        return [packet(macs[0], NODES[1], NODES[0], advert(NODES[1], NODES[0], VRID, priority)) for priority in (1, 2, 100)]
    if kind == "adverts-damaged":
        return [packet(macs[i], NODES[1 - i], NODES[i], advert(NODES[1 - i], NODES[i], VRID, 254, 0xFF)) for i in (0, 1)]
    if kind == "adverts-others":
        return [packet(group, UNLISTED, GROUP, advert(UNLISTED, GROUP, vrid, 254)) for vrid in range(1, 256) if vrid != VRID]
    raise SystemExit("no flood " + kind)


is_told_to_end = False


def told_to_end(_signal, _frame):
    global is_told_to_end
    is_told_to_end = True


def goes_on(end):
    return time.monotonic() < end and not is_told_to_end


def send_frames(all_frames, end):
    out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    out.bind(("eth0", 0))
    count = 0
    while goes_on(end):
        for _ in range(AT_ONCE):
            try:
                out.send(all_frames[count % len(all_frames)])
            except BlockingIOError:
                pass
            except OSError as error:
                if error.errno != 105:  # ENOBUFS: the queue is full
                    raise
            count += 1
    return count


def connect(targets, words, end, kept=KEPT):
    held = collections.deque()
    count = 0
    while goes_on(end):
        for _ in range(AT_ONCE):
            each = socket.socket()
            each.setblocking(False)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.connect_ex(targets[count % len(targets)])
            held.append(each)
            if words and len(held) > BEHIND:
                try:
                    held[-BEHIND].send(words[count % len(words)])
                except OSError:
                    pass
            if len(held) > kept:
                held.popleft().close()
            count += 1
    return count


def spin(end):
    """Costs this machine a processor and nobody else anything."""
    count = 0
    while goes_on(end):
        sum(range(1000))
        count += 1
    return count


def main():
    kind, seconds = sys.argv[1], float(sys.argv[2])
    admin = [(node, ADMIN) for node in NODES]
    garbage = os.urandom(512)
    hello = b"\x16\x03\x01" + struct.pack("!H", len(garbage)) + b"\x01\0" + struct.pack("!H", len(garbage) - 4)
    whole = hello + b"\x03\x03" + garbage[:-6]
    signal.signal(signal.SIGTERM, told_to_end)
    begun = time.monotonic()
    end = begun + seconds
    print("begins", flush=True)
    if kind == "nothing":
        count = spin(end)
    elif kind == "admin":
        count = connect(admin, [], end)
    elif kind == "unread":
        words = ["GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in ("/status", "/events", "/metrics")]
        words.append("GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
        count = connect(admin, [(each * 8).encode() for each in words], end)
    elif kind == "hellos":
        count = connect([(VIRTUAL, TLS)], [whole[:100], whole, os.urandom(600)], end)
    elif kind == "resets":
        count = connect([(VIRTUAL, PLAIN)], [], end, BEHIND)
    elif kind == "resets-bounded":
        count = connect([(VIRTUAL, BOUNDED)], [], end, BEHIND)
    else:
        count = send_frames(frames(kind), end)
    seconds = time.monotonic() - begun
    print("%d in %.1f s, %d a second" % (count, seconds, count / seconds), flush=True)


main()
