"""The plugin's page. The Playground starts `app`, wherever its port and address are."""

import json
import os

import gradio as gr

# The params that the app was created with, as JSON.
params = json.loads(os.environ.get("PLUGIN_PARAMS") or "{}")
greeting = params.get("greeting", "Hello")


def predict(name):
    # The place for your model: load it once, above, and use it here.
    return f"{greeting}, {name or 'world'}!"


app = gr.Interface(
    fn=predict,
    inputs=gr.Textbox(label="Name"),
    outputs=gr.Textbox(label="Answer"),
    title={{title}},
)

if __name__ == "__main__":
    app.launch()
