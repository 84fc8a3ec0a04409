"""Streams text. The entrypoint is this file's path; it is served as the script that it is.

params (PLUGIN_PARAMS): words_per_second (default 8), seed (default 1), title (default "Story Stream").
"""

import json
import os
import time

import gradio as gr

from plugin.story import tell

params = json.loads(os.environ.get("PLUGIN_PARAMS", "{}"))
WORDS_PER_SECOND = max(0.5, float(params.get("words_per_second", 8)))
SEED = int(params.get("seed", 1))
TITLE = str(params.get("title", "Story Stream"))


def story(seed, chapters):
    told = ""
    for chapter in range(int(chapters)):
        for word in tell(int(seed), chapter).split():
            told += word + " "
            yield told.strip()
            time.sleep(1 / WORDS_PER_SECOND)
        told = told.strip() + "\n\n"
    yield told.strip()


with gr.Blocks(title=TITLE) as demo:
    gr.Markdown("# {}\nTold word by word, {:g} words a second.".format(TITLE, WORDS_PER_SECOND))
    with gr.Row():
        seed = gr.Number(SEED, precision=0, label="Seed")
        chapters = gr.Slider(1, 5, 2, step=1, label="Chapters")
    page = gr.Textbox(label="Story", lines=8)
    with gr.Row():
        tell_button = gr.Button("Tell", variant="primary")
        stop_button = gr.Button("Stop")
    telling = tell_button.click(story, [seed, chapters], page, api_name="story")
    stop_button.click(None, cancels=[telling])

if __name__ == "__main__":
    demo.queue(default_concurrency_limit=8).launch()
