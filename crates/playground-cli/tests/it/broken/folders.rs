//! Directories with a mistake: the smallest plugin, and one file of it changed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::Broken;

pub(crate) const MANIFEST: &str = "code: my-plugin\nname: My Plugin\nversion: 1.0.0\n\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n";
pub(crate) const APP: &str = "import gradio as gr\n\n\ndef predict(text):\n    return text\n\n\napp = gr.Interface(predict, \"text\", \"text\")\n";

/// The smallest plugin.
pub(crate) fn plugin(folder: &Path) {
    fs::create_dir_all(folder.join("plugin")).unwrap();
    write(folder, "config.yaml", MANIFEST);
    write(folder, "plugin/__init__.py", "");
    write(folder, "plugin/gradio_interface.py", APP);
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(folder.join(name), content).unwrap();
}

/// The smallest plugin with this file.
fn with(folder: &Path, name: &str, content: impl AsRef<[u8]>) {
    plugin(folder);
    write(folder, name, content);
}

/// The smallest plugin whose manifest has this in place of that.
fn manifest(folder: &Path, that: &str, this: &str) {
    assert!(MANIFEST.contains(that), "{that}");
    with(folder, "config.yaml", MANIFEST.replace(that, this));
}

fn app(folder: &Path, that: &str, this: &str) {
    assert!(APP.contains(that), "{that}");
    with(
        folder,
        "plugin/gradio_interface.py",
        APP.replace(that, this),
    );
}

fn broken(name: &'static str, make: fn(&Path)) -> Broken {
    Broken {
        name,
        make,
        options: &[],
    }
}

pub(crate) fn all() -> Vec<Broken> {
    let mut all = manifests();
    all.extend(apps());
    all.extend(requirements());
    all.extend(files());
    all
}

fn manifests() -> Vec<Broken> {
    vec![
        broken("bad-indentation", |at| {
            manifest(at, "  gradio:", "  gradio:\n method: job")
        }),
        broken("tab", |at| manifest(at, "  gradio:", "\tgradio:")),
        broken("no-code", |at| manifest(at, "code: my-plugin\n", "")),
        broken("no-version", |at| manifest(at, "version: 1.0.0\n", "")),
        broken("bad-code", |at| manifest(at, "my-plugin", "내 플러그인")),
        broken("bad-version", |at| manifest(at, "1.0.0", "1.0 beta")),
        broken("code-is-a-list", |at| {
            manifest(at, "my-plugin", "[my, plugin]")
        }),
        broken("code-twice", |at| {
            manifest(at, "name:", "code: other\nname:")
        }),
        broken("manifest-in-cp949", |at| {
            with(
                at,
                "config.yaml",
                b"code: my-plugin\nname: \xbe\xc8\xb3\xe7\n",
            )
        }),
        broken("manifest-called-yml", |at| {
            plugin(at);
            fs::rename(at.join("config.yaml"), at.join("config.yml")).unwrap();
        }),
        broken("entrypoint-is-a-command", |at| {
            manifest(at, "plugin.gradio_interface.app", "python app.py");
        }),
        broken("entrypoint-of-another-module", |at| {
            manifest(at, "plugin.gradio_interface.app", "plugin.main.app");
        }),
        broken("entrypoint-of-no-file", |at| {
            manifest(at, "plugin.gradio_interface.app", "plugin.main.app");
            fs::rename(
                at.join("plugin/gradio_interface.py"),
                at.join("plugin/interface.py"),
            )
            .unwrap();
        }),
        broken("entrypoint-misspelt", |at| {
            manifest(at, "plugin.gradio", "plugins.gradio")
        }),
    ]
}

fn apps() -> Vec<Broken> {
    vec![
        broken("no-app", |at| {
            with(at, "config.yaml", "code: my-plugin\nversion: 1.0.0\n");
            fs::remove_file(at.join("plugin/gradio_interface.py")).unwrap();
        }),
        broken("app-called-otherwise", |at| app(at, "app =", "demo =")),
        broken("app-inside-a-function", |at| {
            app(at, "app =", "def build():\n    app =")
        }),
        broken("app-empty", |at| {
            with(at, "plugin/gradio_interface.py", "import gradio as gr\n")
        }),
        broken("colon-forgotten", |at| app(at, "(text):", "(text)")),
        broken("bracket-left-open", |at| app(at, "\"text\")", "\"text\"")),
        broken("text-in-cp949", |at| {
            let title = b"TITLE = \"\xbe\xc8\xb3\xe7\"\n".as_slice();
            with(
                at,
                "plugin/gradio_interface.py",
                [title, APP.as_bytes()].concat(),
            );
        }),
        broken("comment-in-cp949", |at| {
            let comment = b"# \xbe\xc8\xb3\xe7\n".as_slice();
            with(
                at,
                "plugin/gradio_interface.py",
                [comment, APP.as_bytes()].concat(),
            );
        }),
        broken("own-module-missing", |at| {
            app(
                at,
                "import gradio as gr\n",
                "import gradio as gr\n\nfrom .model import load\n",
            )
        }),
        broken("package-not-required", |at| {
            app(
                at,
                "import gradio as gr\n",
                "import cv2\nimport gradio as gr\n\nfrom . import model\n",
            );
            write(at, "plugin/model.py", "import torch\n");
            write(at, "requirements.txt", "numpy\ntorchvision\n");
        }),
    ]
}

fn requirements() -> Vec<Broken> {
    let strict = Broken {
        name: "requirement-refused",
        make: |at| {
            let text = "--extra-index-url https://example.com\nnumpy>=1.26\ngit+https://example.com/a.git\n";
            with(at, "requirements.txt", text);
        },
        options: &["--requirements", "strict"],
    };
    vec![
        broken("requirement-misspelt", |at| {
            with(at, "requirements.txt", "# ours\nnumpy=1.26\npandas=>2\n")
        }),
        strict,
        broken("requirement-of-an-address", |at| {
            with(at, "requirements.txt", "git+https://example.com/a.git\n")
        }),
        broken("gradio-impossible", |at| {
            with(at, "requirements.txt", "gradio>=6,<5\n")
        }),
        broken("gradio-ancient", |at| {
            with(at, "requirements.txt", "gradio==2.9.4\n")
        }),
        broken("versions-in-conflict", |at| {
            with(at, "requirements.txt", "numpy==1.26.4\npandas\nnumpy>=2\n")
        }),
        broken("include-missing", |at| {
            with(at, "requirements.txt", "-r base.txt\n")
        }),
        broken("wheel-missing", |at| {
            with(at, "requirements.txt", "./wheels/a-1.0-py3-none-any.whl\n")
        }),
        broken("requirements-in-cp949", |at| {
            with(at, "requirements.txt", b"numpy\n# \xbe\xc8\xb3\xe7\n")
        }),
    ]
}

fn files() -> Vec<Broken> {
    vec![
        broken("link-out", |at| {
            plugin(at);
            symlink("../link-nowhere/config.yaml", at.join("weights.bin")).unwrap();
        }),
        broken("link-nowhere", |at| {
            plugin(at);
            symlink("gone.bin", at.join("weights.bin")).unwrap();
        }),
        broken("names-alike", |at| {
            with(at, "plugin/Gradio_Interface.py", APP)
        }),
        broken("nothing", |at| fs::create_dir_all(at).unwrap()),
        broken("many-at-once", |at| {
            with(
                at,
                "config.yaml",
                "code: 1 2\nversion: 1 2\nactions:\n  gradio:\n    entrypoint: a b\n",
            );
            write(at, "requirements.txt", "numpy=1\n-r base.txt\n");
            write(
                at,
                "plugin/gradio_interface.py",
                "def predict(text)\n    return text\n",
            );
        }),
    ]
}
