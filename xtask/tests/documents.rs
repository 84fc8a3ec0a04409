//! What documents say of the repository is so: every link leads to a file, and every promise has its tests.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What git prints, line by line.
fn git(arguments: &[&str]) -> Vec<String> {
    let git = Command::new("git")
        .current_dir(root())
        .args(arguments)
        .output();
    let told = git.unwrap();
    assert!(told.status.success(), "{arguments:?}: {told:?}");
    let text = String::from_utf8(told.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A heading as links name it: small letters, hyphens for spaces, nothing else but letters of any language.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    words
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn has_anchor(file: &str, wanted: &str) -> bool {
    let text = read(file);
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|heading| anchor(heading) == wanted)
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut astray = Vec::new();
    for file in git(&["ls-files", "*.md"]) {
        let text = read(&file);
        let folder = Path::new(&file).parent().unwrap().to_owned();
        let links = text.split("](").skip(1);
        for link in links.filter_map(|rest| rest.split(')').next()) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target = match path {
                "" => file.clone(),
                path => folder.join(path).to_string_lossy().into_owned(),
            };
            let is_there = root().join(&target).exists();
            if !is_there || (!heading.is_empty() && !has_anchor(&target, heading)) {
                astray.push(format!("{file}: {link}"));
            }
        }
    }
    assert!(astray.is_empty(), "{astray:#?}");
}

#[test]
fn every_promise_has_tests_and_every_such_test_a_promise() {
    let promised: BTreeSet<u32> = read("docs/security.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()?.parse().ok())
        .collect();
    let names = [
        "grep",
        "-hoE",
        "item_[0-9]+(_and_[0-9]+)?_",
        "--",
        "*.rs",
        "*.py",
    ];
    let tested: BTreeSet<u32> = git(&names)
        .iter()
        .flat_map(|name| name.split('_'))
        .filter_map(|number| number.parse().ok())
        .collect();
    assert_eq!(promised, tested);
}
