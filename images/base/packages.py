"""Prints what is installed in this interpreter's environment as one line of JSON: {"canonical-name": "version"}.

The Agent runs it in the base image and keeps the result as the image's label ``synapse.base.packages``: requirements
that the base satisfies already need no install step.
"""

import json
import re
from importlib import metadata


def installed() -> dict:
    """Canonical name (PEP 503) to version; the first one on the path counts, as it does for imports."""
    found: dict = {}
    for distribution in metadata.distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), distribution.version)
    return dict(sorted(found.items()))


if __name__ == "__main__":
    print(json.dumps(installed(), separators=(",", ":")))
