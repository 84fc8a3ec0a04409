"""The gradio_client of an older Gradio's time, in its own environment: asks an app for one of everything and prints what it got."""

import inspect
import json
import sys

import gradio_client

sys.path.insert(0, sys.argv[4])

from support.hosts import lead_here  # noqa: E402 - where it is was just said


def opened(address, token):
    """The first clients send no header but a token of Hugging Face."""
    if "headers" in inspect.signature(gradio_client.Client.__init__).parameters:
        return gradio_client.Client(address, headers={"Authorization": f"Bearer {token}"}, verbose=False)
    return gradio_client.Client(address, hf_token=token, verbose=False)


def file(path):
    """The first clients take a path for a file where one is asked for."""
    return gradio_client.handle_file(path) if hasattr(gradio_client, "handle_file") else path


def main():
    address, token, picture = sys.argv[1:4]
    with lead_here("box.test"):
        client = opened(address, token)
        ticks = client.submit(api_name="/tick")
        last = ticks.result(timeout=60)
        told = {
            "greet": client.predict("Ada", api_name="/greet"),
            "ticks": [*ticks.outputs()],
            "last": last,
            "invert": open(client.predict(file(picture), api_name="/invert"), "rb").read().hex(),
            "count": [client.predict(api_name="/count") for _ in range(2)],
            "seen": client.predict(api_name="/seen"),
        }
    print(json.dumps(told))


main()
