"""A plugin without Gradio: it answers within milliseconds and does what PLUGIN_PARAMS and its callers ask for.

PLUGIN_PARAMS, all optional, times in milliseconds after the process began:

    ready_after_ms   listens from then on
    exit_after_ms    ends then, with exit_code (0)
    mute_after_ms    goes on taking connections, and answers none any more
    sick_after_ms    answers 500 from then on
    ignore_sigterm   does not end when it is asked to
    log_bytes        prints so much first
    write_bytes      writes so much to a file beside its code first

Paths: / and everything else says ok; /me says which params, content and process this is; /exit?code=3, /mute, /sick and
/well do at once what the params do later; /log?bytes=N and /write?bytes=N do it again.
"""

import json
import os
import signal
import socket
import sys
import threading
import time

STARTED = time.monotonic()
HERE = os.path.dirname(os.path.abspath(__file__))
PARAMS = json.loads(os.environ.get("PLUGIN_PARAMS") or "{}")
PORT = 7860
MIB = 1 << 20

mood = "well"


def content():
    """What tells one archive of a release from another."""
    try:
        with open(os.path.join(HERE, "content.txt")) as file:
            return file.read()
    except FileNotFoundError:
        return ""


def me(query):
    return json.dumps({"params": PARAMS, "content": content(), "pid": os.getpid(), "age_ms": int(age() * 1000)})


def age():
    return time.monotonic() - STARTED


def log(query):
    left = int(query.get("bytes", "0"))
    while left > 0:
        line = "x" * min(left, 1000)
        print(line, flush=True)
        left -= len(line) + 1
    return "ok"


def write(query):
    left = int(query.get("bytes", "0"))
    with open(os.path.join(HERE, "written"), "ab") as file:
        while left > 0:
            left -= file.write(b"x" * min(left, MIB))
    return "ok"


def change_mood(to):
    global mood
    mood = to
    return "ok"


ANSWERS = {
    "/me": me,
    "/log": log,
    "/write": write,
    "/exit": lambda query: os._exit(int(query.get("code", "0"))),
    "/mute": lambda query: change_mood("mute"),
    "/sick": lambda query: change_mood("sick"),
    "/well": lambda query: change_mood("well"),
}


def answer(target):
    """Status line and body for a request."""
    path, _, query = target.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    query = {name: value for name, _, value in pairs}
    # A sick one can be made well again, and says why it is not asked in vain.
    if mood == "sick" and path not in ANSWERS:
        return "500 Internal Server Error", "sick"
    try:
        return "200 OK", ANSWERS.get(path, lambda query: "ok")(query)
    except OSError as error:
        return "507 Insufficient Storage", str(error)


def serve(connection):
    with connection:
        connection.settimeout(10)
        try:
            request = b""
            while b"\r\n\r\n" not in request and len(request) < 65536:
                part = connection.recv(65536)
                if not part:
                    return
                request += part
            if mood == "mute":
                time.sleep(3600)
            status, body = answer(request.split(b" ", 2)[1].decode("ascii", "replace"))
            head = "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            connection.sendall((head % (status, len(body.encode())) + body).encode())
        except (OSError, IndexError):
            pass


def after(name, act):
    """Does something once the time in the params has come."""
    if name in PARAMS:
        timer = threading.Timer(max(0.0, PARAMS[name] / 1000 - age()), act)
        timer.daemon = True
        timer.start()


if PARAMS.get("ignore_sigterm"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
after("exit_after_ms", lambda: os._exit(int(PARAMS.get("exit_code", 0))))
after("mute_after_ms", lambda: change_mood("mute"))
after("sick_after_ms", lambda: change_mood("sick"))
print("mimic", json.dumps(PARAMS), flush=True)
log({"bytes": PARAMS.get("log_bytes", 0)})
write({"bytes": PARAMS.get("write_bytes", 0)})
time.sleep(max(0.0, PARAMS.get("ready_after_ms", 0) / 1000 - age()))
with socket.create_server(("0.0.0.0", PORT), backlog=128) as listener:
    while True:
        try:
            taken, _ = listener.accept()
        except OSError as error:
            print("accept:", error, file=sys.stderr, flush=True)
            time.sleep(0.1)
            continue
        threading.Thread(target=serve, args=(taken,), daemon=True).start()
