"""Three text tools in tabs. The entrypoint names ``app`` with a dot; nothing is launched here."""

import gradio as gr

from plugin import text as tools

SAMPLE = "서울의 봄은 짧다. 봄이 오면 서울은 꽃으로 가득하고, 꽃은 금방 진다. Spring in Seoul is short, but Seoul keeps it."


def count(text: str):
    return tools.count(text or "")


def keywords(text: str, limit: float):
    return [[word, times] for word, times in tools.keywords(text or "", int(limit))]


def clean(text: str, unwrap: bool):
    return tools.clean(text or "", unwrap)


with gr.Blocks(title="Text Tools") as app:
    gr.Markdown("# Text Tools\nCounts, keywords and a clean-up for Korean and English text. Nothing leaves this page's server.")
    source = gr.Textbox(SAMPLE, lines=6, label="Text")
    with gr.Tab("Count"):
        counts = gr.JSON(label="Counts")
        gr.Button("Count", variant="primary").click(count, source, counts, api_name="count")
    with gr.Tab("Keywords"):
        limit = gr.Slider(1, 30, 8, step=1, label="How many")
        table = gr.Dataframe(headers=["keyword", "times"], datatype=["str", "number"], type="array", label="Keywords")
        gr.Button("Find keywords", variant="primary").click(keywords, [source, limit], table, api_name="keywords")
    with gr.Tab("Clean"):
        unwrap = gr.Checkbox(True, label="Join the lines of a paragraph")
        cleaned = gr.Textbox(lines=6, label="Clean text")
        gr.Button("Clean", variant="primary").click(clean, [source, unwrap], cleaned, api_name="clean")
    source.submit(count, source, counts, api_name=False)
