"""A plugin that runs on every major of Gradio and has one of each kind of exchange: text, a picture up and down, a stream,
a state of the visitor's own, a file to keep, and an end that is told."""

import itertools
import json
import os
import time

import gradio as gr

TICKS = 5


def greet(name):
    return f"Hello, {name}!"


def invert(picture):
    return picture.convert("RGB").point(lambda value: 255 - value)


def tick():
    for number in range(1, TICKS + 1):
        time.sleep(0.25)
        yield f"tick {number} of {TICKS}"


def count(so_far):
    return so_far + 1, f"clicked {so_far + 1}"


def keep(name):
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), "letter.bin")
    with open(path, "w") as file:
        file.write(f"Dear {name}")
    return path


def seen(request: gr.Request):
    return json.dumps({"number": next(NUMBERS), "headers": dict(request.headers), "left": LEFT})


NUMBERS = itertools.count(1)
LEFT = []

with gr.Blocks(title="Every major") as demo:
    so_far = gr.State(0)
    name = gr.Textbox(label="Name", elem_id="name")
    greeting = gr.Textbox(label="Greeting", elem_id="greeting")
    gr.Button("Greet").click(greet, name, greeting, api_name="greet")
    picture = gr.Image(type="pil", label="Picture", elem_id="picture")
    inverted = gr.Image(type="pil", label="Inverted", elem_id="inverted")
    gr.Button("Invert").click(invert, picture, inverted, api_name="invert")
    ticks = gr.Textbox(label="Ticks", elem_id="ticks")
    gr.Button("Tick").click(tick, None, ticks, api_name="tick")
    counted = gr.Textbox(label="Counted", elem_id="counted")
    gr.Button("Count").click(count, so_far, [so_far, counted], api_name="count")
    letter = gr.File(label="Letter", elem_id="letter")
    gr.Button("Keep").click(keep, name, letter, api_name="keep")
    told = gr.Textbox(label="Told", elem_id="told")
    gr.Button("Tell").click(seen, None, told, api_name="seen")
    if hasattr(demo, "unload"):
        demo.unload(lambda: LEFT.append(time.time()))

demo.queue()
