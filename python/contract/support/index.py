"""A package index that a test holds in its hand: a build that asks it waits until the test lets go.

That makes a build which takes exactly as long as a test needs, with nothing slept and nothing fetched.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .plugins import zipped
from .wait import PATIENCE


class HeldIndex:
    def __init__(self):
        self._held = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def requirements(self, package):
        """A requirements.txt whose install waits for `release(package)`."""
        self._gate(package)
        return f"--index-url {self.url}\n{package}==1.0\n"

    def asked(self, package):
        """The event that is set once a build has asked for the package."""
        return self._gate(package)[0]

    def release(self, package):
        self._gate(package)[1].set()

    def close(self):
        for _, released in self._held.values():
            released.set()
        self._server.shutdown()
        self._server.server_close()

    def _gate(self, package):
        with self._lock:
            return self._held.setdefault(package, (threading.Event(), threading.Event()))

    def _handler(index):
        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                self.do_GET()

            def do_GET(self):
                package = self.path.strip("/").split("/")[1]
                wheel = f"{package.replace('-', '_')}-1.0-py3-none-any.whl"
                if self.path.endswith(".whl"):
                    self._answer("application/octet-stream", _wheel(package.replace("-", "_")))
                    return
                if package not in index._held:
                    # An installer also asks about what the base image has already.
                    self.send_error(404)
                    return
                asked, released = index._gate(package)
                asked.set()
                released.wait(PATIENCE)
                self._answer("text/html", f'<a href="/simple/{package}/{wheel}">{wheel}</a>'.encode())

            def _answer(self, kind, body):
                try:
                    self.send_response(200)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(len(body)))
                    # Installers keep answers in a cache that outlives the test.
                    self.send_header("Cache-Control", "no-store")
                    self.end_headers()
                    if self.command == "GET":
                        self.wfile.write(body)
                except OSError:
                    # A build that was cancelled has hung up.
                    self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler


def _wheel(name) -> bytes:
    info = f"{name}-1.0.dist-info"
    return zipped(
        {
            f"{name}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: contract\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
        }
    )
