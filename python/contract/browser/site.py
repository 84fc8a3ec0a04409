"""A web site of somebody else, or of the Playground: its pages are whatever a test writes."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """Every path of it is this one page, under every name that leads here."""

    def __init__(self):
        self.page = "<!doctype html><title>Site</title>"
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = site.page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def at(self, host):
        return f"http://{host}:{self._server.server_port}/"

    def close(self):
        self._server.shutdown()
        self._server.server_close()
