"""What both clients share: requests are made and answers read here, and nothing here touches a socket.

A call is a generator (`Flow`) that yields what it wants done and is sent what came of it. `sync_io` and `async_io` do it,
each in its own way; so there is one copy of every rule.
"""
