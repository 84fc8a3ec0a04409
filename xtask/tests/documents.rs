//! What documents say of the repository is so: every link leads to a file, and every promise has its tests.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(file: impl AsRef<Path>) -> String {
    let file = file.as_ref();
    std::fs::read_to_string(root().join(file))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Files with one of these endings, as paths from the root. What is made or installed is left out, as git leaves it out; there
/// need be no git.
fn files(endings: &[&str]) -> Vec<PathBuf> {
    let walk = WalkBuilder::new(root()).require_git(false).build();
    let files = walk.map(|entry| entry.unwrap().into_path());
    let wanted = files.filter(|path| {
        let ending = path.extension().and_then(OsStr::to_str);
        ending.is_some_and(|ending| endings.contains(&ending))
    });
    wanted
        .map(|path| path.strip_prefix(root()).unwrap().to_owned())
        .collect()
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

fn has_anchor(file: &Path, wanted: &str) -> bool {
    let text = read(file);
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|heading| anchor(heading) == wanted)
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut astray = Vec::new();
    for file in files(&["md"]) {
        let text = read(&file);
        let folder = file.parent().unwrap();
        let links = text.split("](").skip(1);
        for link in links.filter_map(|rest| rest.split(')').next()) {
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let target = match path {
                "" => file.clone(),
                path => folder.join(path),
            };
            let is_there = root().join(&target).exists();
            if !is_there || (!heading.is_empty() && !has_anchor(&target, heading)) {
                astray.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(astray.is_empty(), "{astray:#?}");
}

/// The numbers in names such as `item_05_memory` and `item_01_and_02_names`.
fn items(text: &str) -> BTreeSet<u32> {
    let mut items = BTreeSet::new();
    for rest in text.split("item_").skip(1) {
        let mut words = rest.split('_');
        let Some(Ok(item)) = words.next().map(str::parse) else {
            continue;
        };
        items.insert(item);
        if words.next() == Some("and")
            && let Some(Ok(item)) = words.next().map(str::parse)
        {
            items.insert(item);
        }
    }
    items
}

#[test]
fn every_promise_has_tests_and_every_such_test_a_promise() {
    let promised: BTreeSet<u32> = read("docs/security.md")
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()?.parse().ok())
        .collect();
    let tested: BTreeSet<u32> = files(&["rs", "py"])
        .iter()
        .flat_map(|file| items(&read(file)))
        .collect();
    assert_eq!(promised, tested);
}
