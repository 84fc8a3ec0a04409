//! Plugins broken as their authors break them: what `check` says of each, in both languages.

mod archives;
mod folders;

use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;

use crate::run::{Ran, command, ran};

/// A plugin with a mistake, made in a directory: its name there.
pub(crate) struct Broken {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&Path),
    /// What is typed after `check`, besides the name.
    pub(crate) options: &'static [&'static str],
}

fn all() -> Vec<Broken> {
    let mut all = folders::all();
    all.extend(archives::all());
    all
}

/// All of them beside each other.
fn made() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for broken in all() {
        (broken.make)(&dir.path().join(broken.name));
    }
    dir
}

fn check(dir: &Path, broken: &Broken, options: &[&str], locale: &str) -> Ran {
    let mut args = vec!["check", broken.name];
    args.extend(broken.options);
    args.extend(options);
    let output = command(&args)
        .current_dir(dir)
        .env("LANG", locale)
        .output()
        .unwrap();
    let mut ran = ran(&output);
    let here = dir.canonicalize().unwrap();
    ran.out = ran.out.replace(here.to_str().unwrap(), "DIR");
    ran
}

fn told(locale: &str) -> String {
    let dir = made();
    let mut told = String::new();
    for broken in all() {
        let ran = check(dir.path(), &broken, &[], locale);
        told += &format!("# {} {}\n{ran}\n", broken.name, broken.options.join(" "));
    }
    told
}

#[test]
fn each_is_told_in_english() {
    assert_snapshot!("broken-en", told("C.UTF-8"));
}

#[test]
fn each_is_told_in_korean() {
    assert_snapshot!("broken-ko", told("ko_KR.UTF-8"));
}

#[test]
fn each_names_a_file_a_sentence_and_a_fix_in_both_languages() {
    let dir = made();
    assert!(all().len() >= 20);
    for broken in all() {
        let ran = check(dir.path(), &broken, &["--output", "json"], "C.UTF-8");
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let findings = report["findings"].as_array().unwrap();
        assert!(!findings.is_empty(), "{}", broken.name);
        for finding in findings {
            let is_filled = |text: &Value| text.as_str().is_some_and(|text| !text.is_empty());
            for text in [
                &finding["message"],
                &finding["hint"],
                &finding["ko"]["message"],
                &finding["ko"]["hint"],
            ] {
                assert!(is_filled(text), "{}: {finding:#}", broken.name);
            }
            // Of an archive as a whole there is no file to name but itself.
            let whole = [
                "archive_type",
                "archive_empty",
                "archive_truncated",
                "archive_too_large",
            ];
            let is_whole = whole.contains(&finding["code"].as_str().unwrap());
            assert!(
                is_filled(&finding["file"]) || is_whole,
                "{}: {finding:#}",
                broken.name
            );
        }
        let has_error = findings
            .iter()
            .any(|finding| finding["severity"] == "error");
        assert_eq!(report["ok"], !has_error, "{}", broken.name);
        assert_eq!(
            ran.code,
            Some(if has_error { 5 } else { 0 }),
            "{}",
            broken.name
        );
    }
}
