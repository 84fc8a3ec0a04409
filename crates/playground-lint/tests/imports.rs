//! Imports of the plugin's own modules: what is certainly missing, and what may be there after all.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::io::{Cursor, Write as _};

use playground_lint::lint;
use playground_plugin::{ArchiveLimits, Finding, Requested, RequirementPolicy, examine};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const MANIFEST: &str = "code: a\nversion: 1.0.0\n";
const APP: &str = "plugin/gradio_interface.py";

/// What is said of a plugin with these files and an app that begins with `import`.
fn findings(import: &str, files: &[&str]) -> Vec<Finding> {
    let app = format!("{import}\nimport gradio as gr\ndemo = gr.Blocks()\n");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let named = [("config.yaml", MANIFEST), (APP, app.as_str())];
    let others = files.iter().map(|file| match file.split_once('=') {
        Some((path, text)) => (path, text),
        None => (*file, ""),
    });
    for (path, text) in named.into_iter().chain(others) {
        zip.start_file(path, SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let plugin = examine(
        zip.finish().unwrap(),
        &Requested::default(),
        &ArchiveLimits::default(),
        RequirementPolicy::Permissive,
        &std::env::temp_dir(),
    );
    lint(&plugin.unwrap()).unwrap()
}

#[test]
fn modules_that_are_certainly_missing_are_named() {
    for (import, files) in [
        ("from .model import load", &[][..]),
        ("from plugin.model import load", &["plugin/__init__.py"]),
        (
            "import plugin.models.small",
            &["plugin/__init__.py", "plugin/models/large.py"],
        ),
        (
            "from .models.small import load",
            &["plugin/models/__init__.py"],
        ),
    ] {
        let found = findings(import, files);
        let [finding] = &found[..] else {
            panic!("{import}: {found:#?}");
        };
        assert_eq!(finding.code, "missing_module", "{import}");
        assert_eq!(
            finding.place.as_ref().unwrap().to_string(),
            format!("{APP}, line 1, column 1")
        );
    }
}

#[test]
fn modules_that_may_be_there_are_left_alone() {
    for (import, files) in [
        ("import numpy, plugin.model", &["plugin/model.py"][..]),
        ("from . import model", &[]),
        ("from .model import load", &["plugin/model/__init__.py"]),
        (
            "from .model import load",
            &["plugin/model.cpython-312-x86_64-linux-gnu.so"],
        ),
        (
            "from .model.weights import load",
            &["plugin/model/weights/readme.txt"],
        ),
        ("from .six.moves import urllib", &["plugin/six.py"]),
        (
            "from .extern.six import moves",
            &["plugin/extern/__init__.py=import sys\nsys.modules['x'] = 1\n"],
        ),
        // Without an `__init__` an installed package of that name comes first.
        ("import data.loaders", &["data/train.csv"]),
        ("from ..shared import x", &[]),
        (
            "try:\n    from .fast import x\nexcept ImportError:\n    x = None",
            &[],
        ),
        ("if False:\n    from .types import X", &[]),
    ] {
        assert_eq!(findings(import, files), [], "{import}");
    }
}

/// The modules that no requirement provides, of a plugin with these files and an app that begins with `import`.
fn unprovided(import: &str, files: &[&str]) -> Vec<String> {
    let told = |finding: &Finding| {
        assert_eq!(finding.code, "import_not_required", "{finding:#?}");
        let module = finding.message.split('`').nth(1).unwrap().to_owned();
        format!("{module} {}", finding.place.as_ref().unwrap())
    };
    findings(import, files).iter().map(told).collect()
}

#[test]
fn packages_that_no_requirement_names_are_told_where_the_app_comes_by() {
    assert_eq!(
        unprovided("import os, cv2", &["requirements.txt=numpy\n"]),
        [format!("cv2 {APP}, line 1, column 1")]
    );
    assert_eq!(
        unprovided(
            "from plugin.model import load",
            &[
                "plugin/model.py=import torch.nn\nfrom sklearn.svm import SVC\nimport torch\n",
                "plugin/train.py=import lightning\n",
                "tests/test_model.py=import pytest\n",
            ]
        ),
        [
            "torch plugin/model.py, line 1, column 1",
            "sklearn plugin/model.py, line 2, column 1"
        ]
    );
}

#[test]
fn packages_that_may_be_there_are_left_alone() {
    for (import, files) in [
        ("import cv2", &["requirements.txt=opencv-python\n"][..]),
        ("import cv2", &["wheels/cv-1.0-py3-none-any.whl"]),
        ("import cv2", &["vendor/cv2/__init__.py"]),
        ("import PIL, pandas, httpx, yaml, __future__, _ctypes", &[]),
        ("import matplotlib", &["requirements.txt=gradio==4.44.1\n"]),
        ("from google.cloud import storage", &[]),
        (
            "try:\n    import cv2\nexcept ImportError:\n    cv2 = None",
            &[],
        ),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
            &[],
        ),
        ("def load():\n    import torch", &[]),
    ] {
        assert_eq!(unprovided(import, files), Vec::<String>::new(), "{import}");
    }
}
