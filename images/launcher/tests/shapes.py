"""Plugins as people write them, each with what must come out of it. Text is dedented; ``files`` are below the root."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

ALL = (3, 4, 5, 6)
INTERFACE_FILE = "plugin/gradio_interface.py"

# One prediction: api name, arguments, result.
Call = Tuple[str, List[Any], List[Any]]

UPPER = """
import gradio as gr

def upper(text):
    return text.upper()
"""
DEMO = UPPER + 'demo = gr.Interface(upper, "text", "text", api_name="predict")\n'
CALL: Call = ("predict", ["seoul"], ["SEOUL"])


class Shape(NamedTuple):
    """What a plugin looks like and how it must be served."""

    name: str
    files: Dict[str, str]
    entrypoint: Optional[str] = None
    how: str = "object"
    call: Optional[Call] = CALL
    ui_path: str = "/"
    config_status: int = 200
    ignored: Tuple[str, ...] = ()
    launched: Optional[str] = None
    other_events: Tuple[str, ...] = ()
    env: Dict[str, str] = {}
    majors: Tuple[int, ...] = ALL
    launches: int = 1


def one(text: str, **more: str) -> Dict[str, str]:
    """The usual layout: a package with one file of the app, and whatever else."""
    files = {"plugin/__init__.py": "", INTERFACE_FILE: text}
    files.update({path.replace("__", "/"): body for path, body in more.items()})
    return files


SEED = '''
import gradio as gr

def predict(image):
    # 추론 로직
    result = model.predict(image)
    return result

demo = gr.Interface(
    fn=predict,
    inputs=gr.Image(type="pil"),
    outputs=gr.Label(),
    title="My Plugin Playground"
)

if __name__ == "__main__":
    demo.launch(server_name="0.0.0.0", server_port=7860)
'''

BLOCKS = (
    UPPER
    + """
with gr.Blocks() as {name}:
    box = gr.Textbox()
    out = gr.Textbox()
    gr.Button("go").click(upper, box, out, api_name="predict")
"""
)

MOUNT = (
    DEMO
    + """
from fastapi import FastAPI
app = FastAPI()

@app.get("/health")
def health():
    return {{"ok": True}}

app = gr.mount_gradio_app(app, demo, path="{path}")
"""
)

SHAPES = [
    Shape("seed_example_verbatim", one(SEED), "plugin.gradio_interface.app", how="script", call=None),
    Shape("interface_named_by_the_entrypoint", one(DEMO), "plugin.gradio_interface.demo", launched="demo"),
    Shape("colon_notation", one(DEMO), "plugin.gradio_interface:demo"),
    Shape("path_notation", one(DEMO), "plugin/gradio_interface.py"),
    Shape("path_with_attribute", one(DEMO.replace("demo =", "mine =")), "plugin/gradio_interface.py:mine", launched="mine"),
    Shape("module_only", one(DEMO), "plugin.gradio_interface"),
    Shape("no_entrypoint_at_all", one(DEMO), None),
    Shape("launch_at_import", one(DEMO + "demo.launch()\n"), how="script"),
    Shape("launch_at_import_without_blocking", one(DEMO + "demo.launch(prevent_thread_lock=True)\n"), how="script"),
    Shape(
        "guard_calls_main",
        one(DEMO + 'def main():\n    demo.launch()\n\nif __name__ == "__main__":\n    main()\n'),
        "plugin.gradio_interface.app",
        how="script",
    ),
    Shape(
        "guard_with_argparse_and_a_class",
        one(
            UPPER
            + """
import argparse

class Studio:
    def start(self, port):
        gr.Interface(upper, "text", "text", api_name="predict").queue().launch(server_port=port)

if "__main__" == __name__:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=9999)
    Studio().start(parser.parse_args().port)
"""
        ),
        how="script",
        ignored=("server_port",),
        majors=(4, 5, 6),
    ),
    Shape(
        "guard_keeps_the_password",
        one(DEMO + 'if __name__ == "__main__":\n    demo.launch(auth=("user", "secret"))\n'),
        how="script",
        config_status=401,
        call=None,
    ),
    Shape(
        "wrong_address_tunnel_and_browser",
        one(
            DEMO
            + 'if __name__ == "__main__":\n'
            + '    demo.launch(server_name="127.0.0.9", server_port=8080, share=True, inbrowser=True)\n'
        ),
        how="script",
        ignored=("server_name", "server_port", "share", "inbrowser"),
    ),
    Shape(
        "arguments_of_another_major",
        one(DEMO + 'if __name__ == "__main__":\n    demo.launch(show_tips=True, made_up_option=3)\n'),
        how="script",
        ignored=("made_up_option",),
    ),
    Shape("blocks_named_blocks", one(BLOCKS.format(name="blocks")), "plugin.gradio_interface.app", launched="blocks"),
    Shape("blocks_with_a_name_of_its_own", one(BLOCKS.format(name="poem_studio")), launched="poem_studio"),
    Shape(
        "tabs_around_two_interfaces",
        one(
            DEMO
            + """
io = gr.Interface(lambda n: n + 1, "number", "number", api_name="plus")
tabs = gr.TabbedInterface([demo, io], ["upper", "plus"])
"""
        ),
        launched="tabs",
    ),
    Shape(
        "chat_interface",
        one("import gradio as gr\n\ndef reply(message, history):\n    return message[::-1]\n\nchat = gr.ChatInterface(reply)\n"),
        call=None,
        launched="chat",
    ),
    Shape("queue_returned", one(DEMO + "app = demo.queue()\n"), "plugin.gradio_interface.app", launched="app", majors=(4, 5, 6)),
    Shape(
        "factory",
        one(UPPER + '\ndef create_app():\n    return gr.Interface(upper, "text", "text", api_name="predict")\n'),
        "plugin.gradio_interface.app",
        how="factory",
        launched="create_app",
    ),
    Shape(
        "factory_named_by_the_entrypoint",
        one(UPPER + '\ndef compose(title="x"):\n    return gr.Interface(upper, "text", "text", api_name="predict")\n'),
        "plugin.gradio_interface:compose()",
        how="factory",
        launched="compose",
    ),
    Shape(
        "async_factory",
        one(UPPER + '\nasync def build_demo():\n    return gr.Interface(upper, "text", "text", api_name="predict")\n'),
        how="factory",
    ),
    Shape(
        "class_with_launch",
        one(
            UPPER
            + """
class Studio:
    def launch(self):
        gr.Interface(upper, "text", "text", api_name="predict").launch()
"""
        ),
        how="factory",
        launched="Studio",
    ),
    Shape("main_launches_by_itself", one(DEMO.replace("demo =", "def main():\n    gr.close_all()\n    x =") + "    x.launch()\n"), how="factory"),
    Shape("mounted_on_fastapi", one(MOUNT.format(path="/ui")), "plugin.gradio_interface.app", how="asgi", ui_path="/ui/"),
    Shape("mounted_at_the_root", one(MOUNT.format(path="/").replace("app = gr", "web = gr")), how="asgi"),
    Shape(
        "uvicorn_under_guard",
        one(
            MOUNT.format(path="/ui")
            + 'if __name__ == "__main__":\n    import uvicorn\n    uvicorn.run(app, host="127.0.0.1", port=8080)\n'
        ),
        how="script",
        ui_path="/ui/",
    ),
    Shape(
        "uvicorn_by_name_with_reload",
        one(
            'open("runs.txt", "a").write("x")\n'
            + MOUNT.format(path="/ui")
            + 'if __name__ == "__main__":\n    import uvicorn\n    uvicorn.run("plugin.gradio_interface:app", reload=True, workers=3)\n'
        ),
        how="script",
        ui_path="/ui/",
        ignored=("reload", "workers"),
    ),
    Shape(
        "gradio_server",
        one(
            'import gradio as gr\n\napp = gr.Server()\n\n@app.api(name="predict")\ndef upper(text: str) -> str:\n'
            "    return text.upper()\n"
        ),
        "plugin.gradio_interface.app",
        majors=(6,),
    ),
    Shape("module_missing_falls_back", one(DEMO), "plugin.web_page.demo", other_events=("fallback",), launched="demo"),
    Shape(
        "relative_import_in_a_script",
        one(
            "import gradio as gr\nfrom .words import upper\n"
            'demo = gr.Interface(upper, "text", "text", api_name="predict")\n'
            'if __name__ == "__main__":\n    demo.launch()\n',
            **{"plugin__words.py": "def upper(text):\n    return text.upper()\n"},
        ),
        how="script",
    ),
    Shape(
        "sibling_import_as_scripts_do",
        one(
            "import gradio as gr\nfrom words import upper\n"
            'demo = gr.Interface(upper, "text", "text", api_name="predict")\n',
            **{"plugin__words.py": "def upper(text):\n    return text.upper()\n"},
        ),
    ),
    Shape(
        "two_apps_get_two_ports",
        one(
            DEMO
            + 'other = gr.Interface(upper, "text", "text")\n'
            + 'if __name__ == "__main__":\n    demo.launch(prevent_thread_lock=True)\n    other.launch()\n'
        ),
        how="script",
        launches=2,
    ),
    Shape(
        "names_of_the_launcher_are_free",
        one(
            "import gradio as gr\nimport launch\nimport synapse_launcher\nfrom events import upper\n"
            'demo = gr.Interface(upper, "text", "text", api_name="predict")\n',
            **{
                "launch.py": "MINE = True\n",
                "synapse_launcher.py": "MINE = True\n",
                "events.py": "import launch, synapse_launcher\nassert launch.MINE and synapse_launcher.MINE\n"
                "def upper(text):\n    return text.upper()\n",
            },
        ),
    ),
    Shape(
        "deep_package_is_run_once",
        {
            "app/__init__.py": "",
            "app/ui/__init__.py": 'open("runs.txt", "a").write("x")\n',
            "app/ui/web.py": 'open("runs.txt", "a").write("x")\n' + DEMO,
        },
        "app.ui.web.demo",
    ),
    Shape("folders_without_init", {"pages/first/page.py": DEMO}, "pages.first.page.demo"),
    Shape("path_that_is_no_name", {"my-app/main page.py": DEMO}, "my-app/main page.py:demo"),
    Shape(
        "hostile_environment",
        one(DEMO + 'if __name__ == "__main__":\n    demo.launch()\n'),
        how="script",
        env={
            "GRADIO_SHARE": "True",
            "GRADIO_VIBE_MODE": "1",
            "GRADIO_NUM_PORTS": "",
            "GRADIO_SERVER_PORT": "",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "",
            "no_proxy": "",
        },
    ),
    Shape(
        "pandas_is_whole_when_used",
        one(
            "import gradio as gr\nimport pandas as pd\nfrom pandas.api.types import is_integer_dtype\n"
            "def total(text):\n    frame = pd.DataFrame({'n': [len(word) for word in text.split()]})\n"
            "    return str(int(frame['n'].sum())) + str(is_integer_dtype(frame['n']))\n"
            'demo = gr.Interface(total, "text", "text", api_name="predict")\n'
        ),
        call=("predict", ["one two"], ["6True"]),
    ),
    Shape(
        "async_main_under_guard",
        one(DEMO + 'import asyncio\n\nasync def main():\n    demo.launch()\n\nif __name__ == "__main__":\n    asyncio.run(main())\n'),
        how="script",
    ),
]


class Broken(NamedTuple):
    """A plugin with nothing to serve, and how that must be told: by the launcher, and in the Agent's own word (``kind``)."""

    name: str
    files: Dict[str, str]
    exit_code: int
    reason: str
    kind: str
    entrypoint: Optional[str] = None
    fields: Dict[str, Any] = {}
    hint: Optional[str] = None
    traceback: bool = False


BROKEN = [
    Broken("entrypoint_is_no_name", one(DEMO), 64, "bad_entrypoint", "entrypoint_invalid", "plugin..x y"),
    Broken("entrypoint_leaves_the_plugin", one(DEMO), 64, "bad_entrypoint", "entrypoint_invalid", "../other/app.py"),
    Broken("no_such_module", {"plugin/__init__.py": "", "config.yaml": ""}, 66, "entrypoint_not_found", "entrypoint_not_found", "plugin.app.demo", hint="config.yaml, plugin"),
    Broken("nothing_launchable", one("x = 1\n"), 65, "nothing_launchable", "nothing_to_serve", fields={"file": INTERFACE_FILE}),
    Broken("factory_without_result", one(UPPER + "\ndef build_app():\n    pass\n"), 65, "factory_gave_no_app", "nothing_to_serve"),
    Broken(
        "missing_dependency",
        one("import cv2_not_there\nimport gradio\n"),
        67,
        "missing_dependency",
        "missing_module",
        fields={"type": "ModuleNotFoundError", "module": "cv2_not_there", "file": INTERFACE_FILE, "line": 1},
        hint="Add cv2_not_there to requirements.txt",
        traceback=True,
    ),
    Broken(
        "missing_file_of_the_plugin",
        one("from plugin.models.net import build\n"),
        67,
        "missing_module",
        "missing_module",
        fields={"module": "plugin.models"},
        traceback=True,
    ),
    Broken("syntax_error", one("import gradio as gr\ndef f(:\n"), 67, "syntax_error", "import_error", fields={"file": INTERFACE_FILE, "line": 2}, traceback=True),
    Broken(
        "raises_at_import",
        one("import gradio as gr\n\ndef load():\n    raise ValueError('no weights')\n\nload()\n"),
        67,
        "plugin_raised",
        "import_error",
        fields={"type": "ValueError", "line": 4},
        traceback=True,
    ),
    Broken("missing_env", one("import os\nos.environ['HF_TOKEN']\n"), 67, "missing_env", "import_error", hint="HF_TOKEN", traceback=True),
    Broken("missing_data_file", one("open('weights.bin')\n"), 67, "file_not_found", "import_error", traceback=True),
    Broken("ends_itself", one("import sys\nsys.exit(3)\n"), 67, "plugin_exited", "exited_early"),
    Broken(
        "launch_fails",
        one(DEMO + 'if __name__ == "__main__":\n    demo.launch(allowed_paths="no list")\n'),
        68,
        "launch_failed",
        "launch_failed",
        fields={"type": "ValueError"},
        traceback=True,
    ),
]
