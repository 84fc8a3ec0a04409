"""The user's own document (docs/seed.ko.txt), cut into its blocks of code.

It is the text of a web page: the fences of code are lost, and so is indentation. Three rules bring both back.

* A line is code when, without its comment, it has no Korean letter: all prose of the page is Korean. Lines that begin with
  `|` belong to a diagram, whatever is written beside it. Blank lines end nothing.
* A few lines of prose have no Korean letter either. They are the page's headings, in `HEADINGS`.
* A line that ends with a colon opens a level, and a blank line closes all. This holds for the document's Python and for its
  YAML. What stands between brackets needs none.
"""

import ast
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
HIDDEN_ADDRESS, RELEASE = "[email\xa0protected]", "my-plugin@1.0.0"


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


def block_that_begins(first_line):
    return next(block for block in blocks() if block.splitlines()[0] == first_line)


def tree_of(block):
    """The files of the drawn folder, with what the document says is in them."""
    contents = {
        "config.yaml": indented(block_that_begins("code: my-plugin")),
        "plugin/gradio_interface.py": indented(block_that_begins("import gradio as gr")),
    }
    files, folder = {}, ""
    for line in block.splitlines()[1:]:
        name = re.sub("[│├└─ ]", "", line.partition("#")[0])
        if name.endswith("/"):
            folder = name
        elif name != "...":
            path = (folder if line.startswith("│") else "") + name
            files[path] = contents.get(path, "")
    return files


def promises(block):
    """The dictionaries that a block shows as answers, in comments or below the call."""
    shown = re.findall(r"^\{.*?^\}|^\{.*?\}$", re.sub("(?m)^# ?", "", block), re.MULTILINE | re.DOTALL)
    return [ast.literal_eval(re.sub("#.*", "", literal)) for literal in shown]


def section(begin, end):
    """The lines of the document between two of its lines."""
    lines = text().splitlines()
    start = lines.index(begin)
    return [line for line in lines[start + 1 : lines.index(end, start)] if line.strip()]


class Document:
    """The reader's Python session: one block after the other, with the same names."""

    def __init__(self, agent, archive):
        self.names, self.agent, self.archive = {}, agent, archive

    def put_in(self, block):
        known = {
            "http://agent-url:8000": self.agent.url,
            "your-token": self.agent.token,
            "/path/to/plugin-release.zip": str(self.archive),
            HIDDEN_ADDRESS: RELEASE,
        }
        for written, meant in known.items():
            block = block.replace(written, meant)
        return indented(block)

    def run(self, block):
        exec(compile(self.put_in(block), str(FILE), "exec"), self.names)
        return self.names
