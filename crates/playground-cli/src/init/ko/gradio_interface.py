"""플러그인의 화면입니다. Playground가 `app`을 시작하고, 포트와 주소도 정합니다."""

import json
import os

import gradio as gr

# 앱을 만들 때 지정한 params가 JSON으로 들어 있습니다.
params = json.loads(os.environ.get("PLUGIN_PARAMS") or "{}")
greeting = params.get("greeting", "안녕하세요")


def predict(name):
    # 모델을 쓰는 자리입니다. 모델은 위에서 한 번만 불러오고 여기서 쓰세요.
    return f"{greeting}, {name or '여러분'}!"


app = gr.Interface(
    fn=predict,
    inputs=gr.Textbox(label="이름"),
    outputs=gr.Textbox(label="대답"),
    title={{title}},
)

if __name__ == "__main__":
    app.launch()
