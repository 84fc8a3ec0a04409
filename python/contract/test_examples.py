"""The repository's examples, from a zipped folder to the answer that their README promises, through gradio_client."""

import base64

import pytest
import requests
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from support import plugins

# The picture of image-lab's README: three columns red, one blue.
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAFElEQVR42mO4o6EBQUZRlxiI4wAA/n8TiezihagAAAAASUVORK5CYII="
)
STORY = (
    "Once at the edge of a salt field, a lighthouse keeper found the sound of an unborn song. "
    "A stranger laughed softly, and everyone went home singing."
)


@pytest.fixture
def running(sdk, tmp_path):
    """Creates an example from its folder, zipped."""
    made = []

    def create(name, release, **options):
        file = tmp_path / f"{name}.zip"
        file.write_bytes(plugins.example(name))
        container = sdk.create_container(release, plugin_file=file, **options)
        assert container["status"] == "running"
        made.append(container["pk"])
        return container

    yield create
    for pk in made:
        sdk.delete_container(pk)


def test_text_tools_answers_as_its_readme_says(running, app):
    with app(running("text-tools", "text-tools@1.0.0")) as client:
        assert client.predict("서울의   봄은\n“짧다”.", True, api_name="/clean") == '서울의 봄은 "짧다".'


def test_image_lab_answers_as_its_readme_says(running, app, tmp_path):
    picture = tmp_path / "picture.png"
    picture.write_bytes(base64.b64decode(PICTURE))
    with app(running("image-lab", "image-lab@1.0.0")) as client:
        results = client.predict(handle_file(str(picture)), "edges", 4, api_name="/inspect")
    assert results[1] == {
        "label": "red",
        "confidences": [{"label": "red", "confidence": 0.75}, {"label": "blue", "confidence": 0.25}],
    }


def test_story_stream_streams_and_completes_as_its_readme_says(running, app):
    params = {"words_per_second": 200, "title": "이야기"}
    container = running("story-stream", "story-stream@1.0.0", params=params)
    assert requests.get(f"{container['endpoint']}/config", timeout=10).json()["title"] == "이야기"
    with app(container) as client:
        job = client.submit(1, 1, api_name="/story")
        assert job.result(timeout=60) == STORY
        assert len(job.outputs()) > 1, "word by word"


def test_the_seeds_own_plugin_is_served_and_fails_where_it_must(running, app):
    container = running("seed", "my-plugin@1.0.0", model=123)
    page = requests.get(container["endpoint"], timeout=10)
    assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (200, "text/html")
    assert requests.get(f"{container['endpoint']}/config", timeout=10).json()["title"] == "My Plugin Playground"
    with app(container) as client:
        assert "/predict" in client.view_api(return_format="dict")["named_endpoints"]
        with pytest.raises(AppError):
            client.predict(None, api_name="/predict")
