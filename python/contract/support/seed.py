"""The user's own document (docs/seed.ko.txt), cut into its blocks of code.

It is the text of a web page: the fences of code are lost, and so is indentation. Three rules bring both back.

* A line is code when, without its comment, it has no Korean letter: all prose of the page is Korean. Lines that begin with
  `|` belong to a diagram, whatever is written beside it. Blank lines end nothing.
* A few lines of prose have no Korean letter either. They are the page's headings, in `HEADINGS`.
* A line that ends with a colon opens a level, and a blank line closes all. This holds for the document's Python and for its
  YAML. What stands between brackets needs none.
"""

import re
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "docs" / "seed.ko.txt"
HEADINGS = {
    "Skip to main content",
    "Synapse Playground",
    "ContainerClientMixin",
    "create_container()",
    "list_containers()",
    "get_container()",
    "delete_container()",
    "health_check()",
}
KOREAN = re.compile("[가-힣]")
# The page hides whatever looks like a mail address from robots; this is what its readers see.
HIDDEN_ADDRESS = "[email\xa0protected]"


def text():
    return FILE.read_text(encoding="utf-8")


def is_code(line):
    bare = line if line.startswith("|") else line.partition("#")[0]
    return line not in HEADINGS and (line.startswith("|") or not KOREAN.search(bare))


def blocks():
    """Every block of code, as written."""
    found = [[]]
    for line in text().splitlines():
        if not line.strip():
            found[-1].append("")
        elif is_code(line):
            found[-1].append(line)
        else:
            found.append([])
    return [block for lines in found if (block := "\n".join(lines).strip())]


def indented(block):
    """A block with its levels."""
    lines, level = [], 0
    for line in block.splitlines():
        level = level if line.strip() else 0
        lines.append("    " * level + line)
        level += line.partition("#")[0].rstrip().endswith(":")
    return "\n".join(lines) + "\n"
