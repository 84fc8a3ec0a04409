"""An HTTP server that answers each request with the next thing on its list, and remembers what it was asked."""

import json
import sys
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Asked:
    """One request as it arrived."""

    def __init__(self, method, target, headers, body):
        self.method, self.path = method, urlsplit(target).path
        self.query = parse_qs(urlsplit(target).query)
        self.headers, self.body = headers, body

    def json(self):
        return json.loads(self.body)

    def parts(self):
        """(name, filename, bytes) of every part of a form, in their order."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser().parsebytes(head + self.body)
        named = lambda part, what: part.get_param(what, header="content-disposition")  # noqa: E731
        return [(named(part, "name"), named(part, "filename"), part.get_payload(decode=True)) for part in message.get_payload()]


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args):
        # Who hangs up in the middle is part of some tests.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(*args)


class ScriptedServer:
    def __init__(self):
        self.asked, self._answers = [], []
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                script.asked.append(Asked(self.command, self.path, self.headers, body))
                # Whatever nobody planned fails the test that caused it.
                answer = script._answers.pop(0) if script._answers else told(599, {"detail": "nothing was planned"})
                answer(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do_any

            def log_message(self, *_):
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def answers(self, *answers):
        """What the next requests are answered, one after the other."""
        self._answers += answers

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def told(status, body=None, **headers):
    """An answer with a JSON body, or bytes as they are."""

    def answer(handler):
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def cut(handler):
    """No answer: the connection ends."""
    handler.close_connection = True


def silent(held):
    """No answer until the test ends."""

    def answer(handler):
        held.wait(30)
        handler.close_connection = True

    return answer


def stream(*chunks, ends=True):
    """Server-sent events in exactly these pieces; `ends=False` cuts the connection in the middle."""

    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for chunk in chunks:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            handler.wfile.flush()
        if ends:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = not ends

    return answer


def endless(chunk, left):
    """The same piece again and again; `left` is set once nobody takes it any more."""

    def answer(handler):
        stream(chunk, ends=False)(handler)
        try:
            while True:
                handler.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        except OSError:
            left.set()

    return answer


def event(frame, name=None):
    """The bytes of one event."""
    head = f"id: {name}\n" if name is not None else ""
    return f"{head}data: {json.dumps(frame, ensure_ascii=False)}\n\n".encode()


def log(message, name):
    return event({"type": "log", "message": message, "stream": "stdout", "at": "2026-01-01T00:00:00Z"}, name)


COMPLETE = event({"type": "complete", "message": "completed"}, 99)
