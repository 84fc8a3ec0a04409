"""HTTP/1 byte by byte: what a gateway makes of a request can be seen only by somebody who hides nothing of it."""

import socket

# Seconds. An app on this machine answers at once; who has said nothing by then says nothing.
PATIENCE = 4.0


def ask(address, request: bytes, *, is_head=False, then=b""):
    """Every head that came, with the body of the last; and how the connection stood afterwards: open, closed, or silent where
    nothing more came.

    `then` is sent over the connection when it has changed its protocol, and what comes back is the body.
    """
    with socket.create_connection(address, timeout=PATIENCE) as connection, connection.makefile("rb") as incoming:
        connection.sendall(request)
        heads = []
        while True:
            try:
                head = _head(incoming)
            except TimeoutError:
                return heads, "", "silent"
            heads.append(head)
            status = int(head[0].split()[1])
            if status == 101 or status >= 200:
                break
        if status == 101:
            connection.sendall(then)
            return heads, incoming.read(len(then)).decode(), "open"
        body = b"" if is_head or status in (204, 304) else _body(incoming, head)
        return heads, body.decode(), _state(connection, incoming)


def _head(incoming):
    lines = []
    while (line := incoming.readline()) not in (b"\r\n", b""):
        lines.append(line.decode("latin-1").strip())
    assert lines, "the connection ended without an answer"
    return lines


def _body(incoming, head):
    fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
    if fields.get("transfer-encoding") == "chunked":
        data, size = b"", -1
        while size:
            size = int(incoming.readline().split(b";")[0], 16)
            data += incoming.read(size)
            incoming.readline()
        return data
    if "content-length" in fields:
        return incoming.read(int(fields["content-length"]))
    return incoming.read()


def _state(connection, incoming):
    """An open connection takes another request; a closed one does not, and a silent one gives no answer."""
    try:
        connection.sendall(b"GET /seen/nothing HTTP/1.1\r\nHost: again\r\n\r\n")
        return "open" if incoming.readline() else "closed"
    except (BrokenPipeError, ConnectionResetError):
        return "closed"
    except TimeoutError:
        return "silent"
