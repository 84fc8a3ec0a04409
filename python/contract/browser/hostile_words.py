"""A plugin without Gradio whose every word is an attack: its log, its title, and what it says of its functions."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MARKUP = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
BREAKS = "'''\"\"\"\\');__import__('os').system('touch /tmp/owned');$(touch /tmp/owned)`touch /tmp/owned`'\u2028\n"
PAGE = f"<!doctype html><title>{MARKUP}</title><h1>Words</h1>".encode()
INFO = {
    "named_endpoints": {
        f"/{name}": {
            "parameters": [
                {"label": MARKUP, "parameter_name": "x) or __import__('os')", "python_type": {"type": MARKUP}, "example_input": BREAKS},
                {"label": "A" * 5000, "parameter_name": "fine", "python_type": {"type": "str"}, "example_input": {"path": BREAKS, "meta": {}}},
            ],
            "returns": [{"label": MARKUP, "python_type": {"type": "W" * 5000}}],
        }
        for name in ("plain", f"n'\"$(x){MARKUP.replace('/', '')}", "x" * 150)
    }
}
SAID = {"/config": {"version": "6.0.0", "api_prefix": "/gradio_api"}, "/gradio_api/info": INFO}

for line in (MARKUP, BREAKS, "\x1b[2J\x1b[31mred\x1b[0m", "\u202ebackwards", "W" * 20_000, "\x00\x07bell", "</pre></div>"):
    print(line, flush=True)
print(MARKUP, file=sys.stderr, flush=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/echo":
            return self.say(json.dumps(self.headers.items()).encode(), "application/json")
        if path in SAID:
            return self.say(json.dumps(SAID[path]).encode(), "application/json")
        return self.say(PAGE, "text/html")

    def say(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("0.0.0.0", 7860), Handler).serve_forever()
