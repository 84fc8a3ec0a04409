"""What is said to a caller who made a mistake: always JSON, always what to do, and never a redirect."""

import io
import re
import struct
import zipfile

import pytest
from support import plugins
from test_auth import operations

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=edge"}


def refused(answer, status=400):
    """The body of a refusal, checked for its shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body["detail"] and body["code"]
    assert set(body) <= {"detail", "code", "hint", "ko", "request_id"}
    # What a plugin's author did wrong is told in both languages.
    assert all(re.search("[가-힣]", said) for said in body.get("ko", {}).values())
    return body


@pytest.mark.parametrize("body", [b"{", b"", b"null", b"[]", b'"text"', b"\xff\xfe", b'{"a": 1'])
def test_a_body_that_is_no_json_object_is_refused(agent, body):
    assert refused(agent.post("containers/", data=body, headers=JSON))["code"] == "json_invalid"


@pytest.mark.parametrize(
    ("field", "value"),
    [("model", "three"), ("model", -1), ("params", []), ("envs", "x"), ("metadata", 3), ("labels", [1]), ("labels", ["a\nb"]),
     ("plugin_release", {}), ("plugin_release", "a b@1"), ("plugin_release", "../x@1.0.0"), ("version", "1/2"), ("on_existing", "explode"),
     ("limits", {"memory_bytes": 1})],
)  # fmt: skip
def test_a_field_that_cannot_be_meant_is_refused(agent, probe, field, value):
    body = {"plugin_release": "probe", "version": "1.0.0", field: value}
    refused(agent.post("containers/", json=body))


def test_a_create_of_nothing_says_what_to_give(agent):
    body = refused(agent.post("containers/", json={}))
    assert body["code"] == "plugin_release_missing"
    assert "file" in body["detail"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not a form",
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="x.zip"\r\n\r\nPK',
        b'--edge\r\nContent-Disposition: form-data; name="params"\r\n\r\n{\r\n--edge--\r\n',
        b'--edge\r\nContent-Disposition: form-data; name="model"\r\n\r\nthree\r\n--edge--\r\n',
    ],
    ids=["empty", "no parts", "cut off", "params that are no JSON", "a model that is no number"],
)
def test_a_broken_form_is_refused(agent, body):
    assert refused(agent.post("containers/", data=body, headers=FORM))["code"] in ("form_invalid", "field_invalid")


def test_a_form_without_its_boundary_is_refused(agent):
    headers = {"Content-Type": "multipart/form-data"}
    assert refused(agent.post("containers/", data=b"x", headers=headers))["code"] == "form_invalid"


def bad_archives():
    whole = plugins.plugin("bad")
    encrypted = bytearray(whole)
    # The bit that says so, in every header of the archive.
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = encrypted.find(signature)
        while at >= 0:
            flags = struct.unpack_from("<H", encrypted, at + offset)[0]
            struct.pack_into("<H", encrypted, at + offset, flags | 1)
            at = encrypted.find(signature, at + 1)
    outside = io.BytesIO(whole)
    with zipfile.ZipFile(outside, "a") as archive:
        archive.writestr("../outside.py", "x = 1")
    app = {"plugin/gradio_interface.py": plugins.RAISES}
    return {
        "nothing": b"",
        "not an archive": b"this is no archive, it only has the name of one",
        "a truncated zip": whole[: len(whole) // 2],
        "an empty zip": plugins.zipped({}),
        "an encrypted zip": bytes(encrypted),
        "a path that leads outside": outside.getvalue(),
        "no config": plugins.zipped(app),
        "a config that is no YAML": plugins.zipped({"config.yaml": "code: [", **app}),
        "a config that is no map": plugins.zipped({"config.yaml": "- a\n- b\n", **app}),
        "a config without a code": plugins.zipped({"config.yaml": "name: x\nversion: 1.0.0\n", **app}),
        "no app": plugins.zipped({"config.yaml": plugins.config("bad", "1.0.0"), "plugin/__init__.py": ""}),
    }


@pytest.mark.parametrize("what", bad_archives())
def test_a_bad_archive_is_refused_with_a_hint(agent, what):
    for path in ("containers/", "containers/docker/", "plugin_releases/"):
        body = refused(agent.post(path, files={"file": ("plugin.zip", bad_archives()[what])}))
        # The parser's own sentence with its line says what to do better than a hint could.
        assert body.get("hint") or "config.yaml" in body["detail"], body
        assert body["ko"]["message"]
    assert agent.get("containers/?plugin_release=bad").json()["count"] == 0


def test_an_unknown_route_is_not_found(agent):
    for path in ("nothing", "nothing/", "containers/a/b/c", "api/containers/", "containers/x/unknown/"):
        body = refused(agent.get(path), 404)
        assert body["code"] == "route_unknown"


def test_a_wrong_method_is_told_and_the_right_ones_named(agent):
    for method, path in (("PUT", "containers/"), ("POST", "health/"), ("PATCH", "builds/x/"), ("DELETE", "containers/"),
                         ("GET", "containers/docker/x/stop/")):  # fmt: skip
        answer = agent.request(method, path)
        assert refused(answer, 405)["code"] == "method_not_allowed"
        assert answer.headers["Allow"]


def test_both_slash_forms_of_every_route_answer_alike_and_never_redirect(agent):
    routes = list(operations(agent))
    assert len(routes) >= 25
    for method, path in routes:
        # Bodies that are refused: nothing is created here.
        options = {"data": b"[]", "headers": JSON} if method == "POST" else {}
        # The stream of events has no end: its head has to do.
        options["stream"] = path == "/events"
        without, with_slash = (agent.request(method, form, **options) for form in (path, f"{path}/"))
        assert without.status_code == with_slash.status_code, path
        assert not 300 <= without.status_code < 400, path
        if options["stream"]:
            continue
        if without.status_code >= 400:
            # An error may name the path it was asked for; its code may not depend on that.
            assert without.json()["code"] == with_slash.json()["code"], path
        else:
            assert set(without.json()) == set(with_slash.json()) if without.text.startswith("{") else True


def test_a_query_does_not_hinder_the_slash(agent, shared):
    for form in ("containers?page_size=1", "containers/?page_size=1"):
        assert len(agent.get(form).json()["results"]) == 1


def test_an_odd_page_is_refused(agent):
    for query in ("page=0", "page=x", "page_size=0", "page_size=-1"):
        assert refused(agent.get(f"containers/?{query}"))["code"] == "page_invalid"
