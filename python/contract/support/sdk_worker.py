"""Runs inside an older SDK's environment: one call a line comes in, one answer a line goes out."""

import json
import sys

from synapse_sdk.clients.agent import AgentClient


def call(client, method, args, kwargs):
    try:
        returned = getattr(client, method)(*args, **kwargs)
        if kwargs.get("list_all"):
            items, count = returned
            returned = [list(items), count]
        return {"returned": returned}
    except Exception as error:  # noqa: BLE001 - every error goes back to the test
        told = {"status": getattr(error, "status_code", None), "detail": getattr(error, "detail", None)}
        return {"raised": [type(error).__name__, str(error)], **told}


def main():
    client = AgentClient(sys.argv[1], sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(call(client, *json.loads(line))), flush=True)


main()
