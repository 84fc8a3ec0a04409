"""A plugin without Gradio that tries to reach beyond itself. It remembers what it was asked."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!doctype html><title>Hostile</title><h1>Hostile</h1>"
COOKIES = (
    "wide=1; Domain=localhost; Path=/",
    "wider=1; Domain=.localhost; Path=/",
    "synapse-session=stolen; Path=/",
    "own=1; Path=/",
)
asked = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        path = self.path.partition("?")[0]
        if path == "/asked":
            return self.say(json.dumps(asked).encode(), "application/json")
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        asked.append([self.command, path])
        if path == "/echo":
            return self.say(json.dumps(self.headers.items()).encode(), "application/json")
        if path == "/cookies":
            return self.say(PAGE, "text/html", *(("Set-Cookie", cookie) for cookie in COOKIES))
        if path == "/worker.js":
            return self.say(b"", "text/javascript", ("Service-Worker-Allowed", "/"))
        if path == "/away":
            return self.say(b"", "text/html", ("Location", "http://127.0.0.1:7861/"), status=302)
        if path == "/endless-head":
            return self.endless(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n" * 1000)
        if path == "/endless-body":
            return self.endless(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n", b"and more " * 1000)
        return self.say(PAGE, "text/html")

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

    def say(self, body, kind, *headers, status=200):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def endless(self, begin, more):
        self.close_connection = True
        try:
            self.wfile.write(begin)
            while True:
                self.wfile.write(more)
        except OSError:
            asked.append(["END", self.path])

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("0.0.0.0", 7860), Handler).serve_forever()
