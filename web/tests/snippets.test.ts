import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { AppEndpoint, AppParameter } from "../src/api/types";
import { curl, literal, python, shell } from "../src/pages/play/snippets";

const parameter = (its: Partial<AppParameter>): AppParameter => ({
  name: "text",
  label: "Text",
  python_type: "str",
  has_default: false,
  example: "Hello",
  ...its,
});

const endpoint = (its: Partial<AppEndpoint> = {}): AppEndpoint => ({
  name: "/predict",
  style: "call",
  parameters: [parameter({})],
  returns: [],
  ...its,
});

describe("Python", () => {
  it("calls by the names of parameters", () => {
    expect(python("http://h:1/", endpoint())).toBe(
      '# pip install gradio_client\nfrom gradio_client import Client\n\nclient = Client("http://h:1/")\nresult = client.predict(\n' +
        '    text="Hello",\n    api_name="/predict",\n)\nprint(result)\n',
    );
  });

  it("calls by place where a name is none of Python's", () => {
    const parameters = ["class", "a b", "api_name", null].map((name) => parameter({ name, example: 1 }));
    expect(python("", endpoint({ parameters }))).not.toMatch(/=1/);
  });

  it("hands over files", () => {
    const example = { path: "/tmp/a.png", meta: { _type: "gradio.FileData" } };
    const code = python("", endpoint({ parameters: [parameter({ name: "image", example })] }));
    expect(code).toContain("import Client, handle_file");
    expect(code).toContain('image=handle_file("/tmp/a.png")');
  });

  it("writes values as Python does", () => {
    expect(literal({ a: [true, false, null, 1.5, "x"] })).toBe('{"a": [True, False, None, 1.5, "x"]}');
  });

  it("keeps what an app says of itself within its quotes", () => {
    const hostile = '"\nimport os\u2028\ud800\\';
    const code = literal(hostile);
    expect(code).not.toMatch(/[\n\u2028]/);
    expect(JSON.parse(code)).toBe(hostile.toWellFormed());
  });
});

describe("curl", () => {
  it("asks for an event and then for its result, below the app's prefix", () => {
    const code = curl("http://h:1/play/x/", "/gradio_api", endpoint());
    expect(code).toContain("'http://h:1/play/x/gradio_api/call/predict'");
    expect(code).toContain(`-d '{"data":["Hello"]}'`);
  });

  it("asks once where the app is an old one", () => {
    const code = curl("http://h:1", "", endpoint({ style: "run" }));
    expect(code).toContain("'http://h:1/run/predict'");
    expect(code).not.toContain("event");
  });

  it("gives a shell one word, whatever it holds", () => {
    const hostile = `it's $(touch x) "and" \`more\` \\ end`;
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${shell(hostile)}`]).toString()).toBe(hostile);
  });
});
