"""Names that lead to this machine, for Python: browsers find every name below localhost here, and are told of the others."""

import socket
from contextlib import contextmanager


@contextmanager
def lead_here(*names):
    """Every name below localhost, and these."""
    ask = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **options):
        name = host.decode() if isinstance(host, bytes) else host
        is_here = bool(name) and (name.endswith(".localhost") or name in names)
        return ask("127.0.0.1" if is_here else host, *arguments, **options)

    socket.getaddrinfo = getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = ask
