"""An image in, an image and a label out. The entrypoint names ``lab`` with a colon."""

import gradio as gr
import numpy as np

from plugin.vision import edges, poster, shares


def _sample() -> np.ndarray:
    """A picture made on the spot: sky, sun, hill."""
    y, x = np.mgrid[0:240, 0:320]
    picture = np.zeros((240, 320, 3), dtype=np.uint8)
    picture[:] = (90, 170, 230)
    picture[(x - 250) ** 2 + (y - 60) ** 2 < 34**2] = (245, 215, 60)
    picture[y > 170 - 40 * np.sin(x / 60)] = (50, 150, 70)
    return picture


def inspect(image, effect, levels):
    if image is None:
        raise gr.Error("Choose an image first.")
    made = edges(image) if effect == "edges" else poster(image, int(levels))
    return made, shares(image)


lab = gr.Interface(
    inspect,
    [
        gr.Image(_sample(), type="numpy", image_mode="RGB", label="Image"),
        gr.Radio(["edges", "poster"], value="edges", label="Effect"),
        gr.Slider(2, 8, 4, step=1, label="Levels of the poster"),
    ],
    [gr.Image(label="Result", format="png"), gr.Label(num_top_classes=5, label="Colours")],
    title="Image Lab",
    description="Edges or a poster of your image, and the colours that it is made of.",
    api_name="inspect",
)
