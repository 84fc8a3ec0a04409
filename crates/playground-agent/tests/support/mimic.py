"""A plugin without Gradio: it starts at once and does what a test asks for, with the rights that an app has.

``do`` in PLUGIN_PARAMS says how it listens; a request's path says what it does, its query with what.
"""

import base64
import errno
import hashlib
import http.server
import json
import os
import socket
import threading
import time
import urllib.parse

PARAMS = json.loads(os.environ.get("PLUGIN_PARAMS") or "{}")
DO = PARAMS.get("do", "serve")


def hoard(query):
    """Takes memory until there is none left."""
    kept = []
    while True:
        kept.append(b"x" * (16 << 20))


def bomb(query):
    """Forks for ever, in a child, so that the app itself can go on."""
    if os.fork() == 0:
        while True:
            try:
                os.fork()
            except OSError:
                pass
    return "lit"


def write(query):
    """Writes so many bytes to a path, the file removed afterwards unless it is to be kept; says how that went."""
    path, left = query["path"], int(query.get("bytes", "1"))
    try:
        with open(path, "wb") as file:
            while left > 0:
                left -= file.write(b"x" * min(left, 1 << 20))
    except OSError as error:
        return errno.errorcode[error.errno]
    finally:
        if "keep" not in query and os.path.exists(path):
            try:
                os.remove(path)
            except OSError:
                pass
    return "written"


def block(query):
    """Computes until a file is there; where one thread serves everybody, nobody else is answered meanwhile."""
    while not os.path.exists(query["until"]):
        time.sleep(0.02)
    return "done"
def flood(query):
    """Prints as fast as it can for so many seconds; says how many bytes that were."""
    lines, printed = (b"x" * 999 + b"\n") * 1000, 0
    end = time.monotonic() + float(query["seconds"])
    while time.monotonic() < end:
        printed += os.write(1, lines)
    return str(printed)


def dial(query):
    """Connects to somebody; says how that went."""
    try:
        socket.create_connection((query["host"], int(query["port"])), timeout=2).close()
    except OSError as error:
        return f"blocked: {error}"
    return "reached"


TICKS = threading.Semaphore(0)


def tick(query):
    """Lets whoever listens to ``/ticks`` have one more of them."""
    TICKS.release()
    return "ticked"


ANSWERS = {
    "/dial": dial,
    "/tick": tick,
    "/": lambda query: "ok",
    "/env": lambda query: os.environb[query["name"].encode()],
    "/exists": lambda query: str(os.path.exists(query["path"])),
    "/files": lambda query: json.dumps(sorted(os.path.join(at, name) for at, _, names in os.walk("/app") for name in names)),
    "/read": lambda query: open(query["path"], "rb").read(),
    "/params": lambda query: json.dumps(PARAMS),
    "/write": write,
    "/hoard": hoard,
    "/bomb": bomb,
    "/block": block,
    "/flood": flood,
    "/exit": lambda query: os._exit(int(query["code"])),
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if self.headers.get("Upgrade") == "websocket":
            return self.echo()
        if url.path == "/ticks":
            return self.send_ticks()
        answer = ANSWERS.get(url.path)
        body = answer(dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))) if answer else b"there is nothing here"
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if DO == "crash":
            threading.Timer(0.2, os._exit, [3]).start()

    def send_ticks(self):
        """Events, each when it is asked for."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for number in range(3):
            TICKS.acquire()
            self.wfile.write(b"data: %d\n\n" % number)

    def echo(self):
        """A WebSocket, once it is agreed on: every byte comes back."""
        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        self.wfile.write(head + accept + b"\r\n\r\n")
        while some := self.rfile.read1(65536):
            self.wfile.write(some)

    def do_POST(self):
        """Says how much came, and what it was; and which host was asked for."""
        left, digest = int(self.headers["Content-Length"]), hashlib.sha256()
        while left > 0:
            some = self.rfile.read(min(left, 1 << 20))
            digest.update(some)
            left -= len(some)
        body = json.dumps({"sha256": digest.hexdigest(), "host": self.headers["X-Forwarded-Host"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def serve(address, port):
    server = http.server.HTTPServer if DO == "one at a time" else http.server.ThreadingHTTPServer
    server((address, port), Handler).serve_forever()


def hang_up_until(path):
    """Listens, and hangs up on whoever calls."""
    with socket.create_server(("0.0.0.0", 7860)) as server:
        server.settimeout(0.05)
        while not os.path.exists(path):
            try:
                server.accept()[0].close()
            except TimeoutError:
                pass


print("mimic does", DO, flush=True)
if DO == "hoard":
    hoard({})
if DO == "deaf":
    time.sleep(3600)
if DO == "mute":
    listening = socket.create_server(("0.0.0.0", 7860))
    time.sleep(3600)
if DO == "exit":
    raise SystemExit(3)
if DO == "late":
    hang_up_until("/tmp/listen")
serve("127.0.0.1" if DO == "loopback" else "0.0.0.0", 8080 if DO == "wrong port" else 7860)
