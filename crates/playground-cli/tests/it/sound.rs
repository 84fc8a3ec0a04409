//! Plugins that nothing is wrong with: the examples, and what `init` writes.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{command, ran};

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let entries = std::fs::read_dir(folder).unwrap();
    let all: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    all.into_iter().filter(|path| path.is_dir()).collect()
}

/// The stable words of what `check` finds.
fn codes(folder: &Path) -> Vec<String> {
    let folder = folder.to_str().unwrap();
    let output = command(&["check", folder, "--output", "json"]).output();
    let report: Value = serde_json::from_str(&ran(&output.unwrap()).out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let code = |finding: &Value| finding["code"].as_str().unwrap().to_owned();
    findings.iter().map(code).collect()
}

#[test]
fn nothing_that_the_examples_or_a_new_plugin_import_is_missing() {
    let examples = examples();
    assert!(examples.len() >= 4, "{examples:?}");
    let dir = tempfile::tempdir().unwrap();
    let new = ["en", "ko"].map(|language| {
        let folder = dir.path().join(language);
        let name = folder.to_str().unwrap();
        let made = command(&["init", name, "--lang", language]).output();
        assert_eq!(ran(&made.unwrap()).code, Some(0));
        folder
    });
    for folder in examples.iter().chain(&new) {
        // The seed's own entrypoint names what its file does not define.
        let found = codes(folder);
        let others = found
            .iter()
            .filter(|code| *code != "entrypoint_attribute_missing");
        assert_eq!(others.count(), 0, "{}: {found:?}", folder.display());
    }
}
