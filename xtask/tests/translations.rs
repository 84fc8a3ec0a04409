//! What is there in English and in Korean says the same: the same sections with the same code, links, lists and tables, and
//! neither side changed since somebody read both.
//!
//! `docs/translations.txt` has what each section was when they were last found equal. Whoever changes one side changes the
//! other, and then says so with `UPDATE_DOCS=1 cargo test -p xtask --test translations`. What concerns one language only, such
//! as a mistake of spelling, needs `UPDATE_DOCS=one-side`.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

/// English, and the Korean beside it.
const PAIRS: [(&str, &str); 2] = [
    ("README.md", "README.ko.md"),
    ("docs/guide.md", "docs/guide.ko.md"),
];
const READ: &str = "docs/translations.txt";

/// A heading, and what is below it.
#[derive(Debug, Default)]
struct Section {
    title: String,
    level: usize,
    text: String,
    /// Code without the remarks in it, which are translated. Where a fence names no language there is a drawing, whose words
    /// are translated as well: of it only the lines count.
    code: Vec<String>,
    /// Whatever stands in backticks.
    names: BTreeSet<String>,
    /// Where links lead, in English.
    links: BTreeSet<String>,
    items: usize,
    rows: usize,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sections(file: &str) -> Vec<Section> {
    let text = std::fs::read_to_string(root().join(file))
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut sections = vec![Section::default()];
    let (mut is_code, mut is_drawing) = (false, false);
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        if !is_code && !is_fence && line.starts_with('#') {
            let title = line.trim_start_matches('#');
            sections.push(Section {
                title: title.trim().to_owned(),
                level: line.len() - title.len(),
                ..Section::default()
            });
            continue;
        }
        let section = sections.last_mut().unwrap();
        writeln!(section.text, "{line}").unwrap();
        match (is_fence, is_code) {
            (true, _) => {
                is_code = !is_code;
                is_drawing = is_code && line == "```";
                section.code.push(line.to_owned());
            }
            (false, true) if is_drawing => section.code.push(String::new()),
            (false, true) => section.code.push(without_remark(line)),
            (false, false) => section.prose(line),
        }
    }
    sections
}

impl Section {
    fn prose(&mut self, line: &str) {
        let begin = line.trim_start();
        let is_numbered = begin
            .split_once(". ")
            .is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        self.items += usize::from(begin.starts_with("- ") || is_numbered);
        self.rows += usize::from(begin.starts_with('|'));
        // A name may be broken off at the end of a line in neither language.
        let in_backticks = line.split('`').skip(1).step_by(2);
        self.names.extend(in_backticks.map(str::to_owned));
        let links = line
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        // A heading's anchor is in the language of its file.
        let page = |link: &str| {
            link.split('#')
                .next()
                .unwrap_or_default()
                .replace(".ko.", ".")
                .replace("-ko.", ".")
        };
        self.links.extend(links.map(page));
    }

    fn hash(&self) -> String {
        let digest = Sha256::digest(format!("{}\n{}", self.title, self.text));
        digest[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A drawing or a line of code, without what is said beside it.
fn without_remark(line: &str) -> String {
    let code = line
        .split("  ")
        .find(|part| !part.trim().is_empty())
        .unwrap_or_default();
    let is_ascii = code.is_ascii() && !code.trim_start().starts_with('#');
    if is_ascii {
        code.trim().to_owned()
    } else {
        String::new()
    }
}

fn read_as_equal() -> String {
    let mut text = String::new();
    for (english, korean) in PAIRS {
        for (en, ko) in sections(english).iter().zip(&sections(korean)) {
            let title = if en.title.is_empty() {
                "(before the title)"
            } else {
                &en.title
            };
            writeln!(text, "{} {} {english}: {title}", en.hash(), ko.hash()).unwrap();
        }
    }
    text
}

#[test]
fn both_have_the_same_sections_code_names_links_lists_and_tables() {
    for (english, korean) in PAIRS {
        let (en, ko) = (sections(english), sections(korean));
        let outline = |sections: &[Section]| sections.iter().map(|it| it.level).collect::<Vec<_>>();
        assert_eq!(outline(&en), outline(&ko), "{english} and {korean}");
        for (en, ko) in en.iter().zip(&ko) {
            let place = format!("{english}: {} / {}", en.title, ko.title);
            assert_eq!(en.code, ko.code, "{place}");
            assert_eq!(en.names, ko.names, "{place}");
            assert_eq!(en.links, ko.links, "{place}");
            assert_eq!((en.items, en.rows), (ko.items, ko.rows), "{place}");
        }
    }
}

/// The sections of which one side is as it was read, and the other is not.
fn changed_on_one_side<'a>(now: &'a str, then: &str) -> Vec<&'a str> {
    now.lines()
        .filter_map(|line| {
            let (en, ko, section) = row(line)?;
            let (old_en, old_ko, _) = then.lines().filter_map(row).find(|old| old.2 == section)?;
            ((en == old_en) != (ko == old_ko)).then_some(section)
        })
        .collect()
}

/// Both hashes, and the section's name.
fn row(line: &str) -> Option<(&str, &str, &str)> {
    let mut parts = line.splitn(3, ' ');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

#[test]
fn a_change_on_one_side_is_told_from_one_on_both() {
    let then = "e1 k1 guide: A\ne2 k2 guide: B\ne3 k3 guide: C\n";
    for (now, one_sided) in [
        (then, vec![]),
        ("e9 k9 guide: A\ne2 k2 guide: B\ne4 k4 guide: D\n", vec![]),
        (
            "e9 k1 guide: A\ne2 k9 guide: B\ne3 k3 guide: C\n",
            vec!["guide: A", "guide: B"],
        ),
    ] {
        assert_eq!(changed_on_one_side(now, then), one_sided);
    }
}

#[test]
fn neither_side_changed_since_both_were_read() {
    let now = read_as_equal();
    let file = root().join(READ);
    if let Some(wanted) = std::env::var_os("UPDATE_DOCS") {
        let then = std::fs::read_to_string(&file).unwrap_or_default();
        let one_sided = changed_on_one_side(&now, &then);
        assert!(
            one_sided.is_empty() || wanted == "one-side",
            "changed on one side only: {one_sided:#?}\nbring the other side up to date, or say UPDATE_DOCS=one-side"
        );
        std::fs::write(&file, &now).unwrap();
    }
    let then = std::fs::read_to_string(&file).unwrap();
    let changed: Vec<&str> = now
        .lines()
        .filter(|line| !then.lines().any(|old| old == *line))
        .filter_map(|line| line.splitn(3, ' ').last())
        .collect();
    assert!(
        changed.is_empty() && now == then,
        "changed on one side or on both: {changed:#?}\nbring the other side up to date, then run this with UPDATE_DOCS=1"
    );
}
