"""A plugin without Gradio that answers with the bytes it is told to, and remembers the bytes it was asked with.

The path says which answer: /case/NAME. /seen/NAME says what came for it. /ready and everything else says ok.
"""

import json
import socket
import threading

END = b"\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ANSWERS = {
    "early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK,
    "continue-unasked": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    "head": b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n",
    "not-modified": b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
    "no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "chunked-answer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
    "trailers-answer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
    "until-close": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
    "old-answer": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "part": b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 1-2/9\r\nContent-Length: 2\r\n\r\nbc",
    "not-a-part": b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */9\r\nContent-Length: 0\r\n\r\n",
    "named-answer": b"HTTP/1.1 200 OK\r\nConnection: X-Mine\r\nX-Mine: 1\r\nContent-Length: 2\r\n\r\nok",
    "hop-answer": b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\n"
    b"Proxy-Connection: close\r\nContent-Length: 2\r\n\r\nok",
    "login": b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno",
    "websocket": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    "websocket-refused": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno",
}
seen = {}


def serve(connection):
    with connection, connection.makefile("rb") as incoming:
        while True:
            head = b""
            while not head.endswith(END):
                line = incoming.readline()
                if not line:
                    return
                head += line
            if not answer(connection, incoming, head.decode("latin-1")):
                return


def answer(connection, incoming, head):
    """Whether the connection goes on."""
    _, kind, name = f"{head.split()[1]}//".split("/")[:3]
    if kind == "seen":
        told = json.dumps(seen.get(name)).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(told) + told)
        return True
    fields = head.lower()
    if "expect: 100-continue" in fields:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    seen[name] = [head, read(incoming, fields)]
    connection.sendall(ANSWERS.get(name, OK))
    if name == "websocket":
        while data := connection.recv(1024):
            connection.sendall(data)
    return name not in ("until-close", "old-answer", "websocket")


def read(incoming, fields):
    """As it was framed: a length and the bytes, or the chunks joined and what follows them."""
    if "transfer-encoding: chunked" in fields:
        data, size = b"", -1
        while size:
            size = int(incoming.readline().split(b";")[0], 16)
            data += incoming.read(size)
            if size:
                incoming.readline()
        trailers = []
        while (line := incoming.readline()) not in (b"\r\n", b""):
            trailers.append(line.decode("latin-1").strip())
        return ["chunked", data.decode(), trailers]
    for line in fields.splitlines():
        if line.startswith("content-length:"):
            return ["length", incoming.read(int(line.split(":")[1])).decode(), []]
    return ["none", "", []]


def main():
    with socket.create_server(("0.0.0.0", 7860), backlog=64) as listener:
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


main()
