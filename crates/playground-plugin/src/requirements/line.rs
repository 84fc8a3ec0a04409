//! Text -> lines as pip sees them.

use std::str::FromStr;

use pep508_rs::pep440_rs::VersionSpecifiers;
use pep508_rs::{ExtraName, PackageName};

use super::marker::Marker;

/// A line and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedLine {
    /// Counted from 1; the first of several that a backslash joins.
    pub number: u64,
    /// The text without its comment.
    pub text: String,
    /// What it means.
    pub line: Line,
}

/// What one line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A package by name.
    Package(Package),
    /// A file or folder of the plugin, relative and normalised, such as `wheels/x.whl`.
    Local(String),
    /// An option of pip with its value, such as `--index-url` and an address.
    Option(String, String),
    /// Anything else: addresses, version control, absolute paths, mistakes.
    Other,
}

/// A package by name, with what is asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The normalised name.
    pub name: PackageName,
    /// Whether extras are asked for.
    pub has_extras: bool,
    /// Which versions fit.
    pub versions: VersionSpecifiers,
    /// When it is asked for at all.
    pub marker: Marker,
    /// Whether the files are pinned by hash.
    pub has_hashes: bool,
}

const SHORT_OPTIONS: [(&str, &str); 5] = [
    ("-r", "--requirement"),
    ("-c", "--constraint"),
    ("-e", "--editable"),
    ("-f", "--find-links"),
    ("-i", "--index-url"),
];
/// What pip takes for a file when it stands alone.
const ARCHIVES: [&str; 4] = [".whl", ".tar.gz", ".zip", ".tar.bz2"];

/// Splits a file into its lines, comments and continuations resolved.
pub(super) fn split(text: &str) -> Vec<NumberedLine> {
    let mut lines = Vec::new();
    let mut joined = String::new();
    let mut first = 0;
    for (number, physical) in (1..).zip(text.lines()) {
        if joined.is_empty() {
            first = number;
        }
        let physical = without_comment(physical);
        if let Some(more) = physical.strip_suffix('\\') {
            joined.push_str(more);
            // Not empty, even when all of it is the backslash: the line goes on.
            joined.push(' ');
            continue;
        }
        joined.push_str(physical);
        push(&mut lines, first, &std::mem::take(&mut joined));
    }
    push(&mut lines, first, &joined);
    lines
}

fn push(lines: &mut Vec<NumberedLine>, number: u64, text: &str) {
    let text = text.trim();
    if !text.is_empty() {
        lines.push(NumberedLine {
            number,
            text: text.to_owned(),
            line: understand(text),
        });
    }
}

/// A comment begins at a `#` that starts a line or follows a blank; `#` inside an address is a fragment.
fn without_comment(line: &str) -> &str {
    let is_start = |&(at, _): &(usize, &str)| at == 0 || line[..at].ends_with([' ', '\t']);
    line.match_indices('#')
        .find(is_start)
        .map_or(line, |(at, _)| &line[..at])
        .trim_end()
}

fn understand(text: &str) -> Line {
    if text.starts_with('-') {
        return option(text);
    }
    let (head, options) = match text.split_once(" --") {
        Some((head, options)) => (head.trim(), options),
        None => (text, ""),
    };
    let has_hashes = !options.is_empty();
    if !options
        .split(" --")
        .all(|option| option.is_empty() || option.starts_with("hash="))
    {
        return Line::Other;
    }
    package(head, has_hashes)
        .or_else(|| local(head).map(Line::Local))
        .unwrap_or(Line::Other)
}

fn option(text: &str) -> Line {
    let (name, value) = match text.split_once(['=', ' ', '\t']) {
        Some((name, value)) => (name, value.trim()),
        None => (text, ""),
    };
    let glued = SHORT_OPTIONS
        .iter()
        .find(|(short, _)| text.starts_with(short) && !text.starts_with("--"));
    match glued {
        Some((short, long)) => Line::Option(
            (*long).to_owned(),
            text[short.len()..]
                .trim_start_matches(['=', ' ', '\t'])
                .to_owned(),
        ),
        None => Line::Option(name.to_owned(), value.to_owned()),
    }
}

fn package(head: &str, has_hashes: bool) -> Option<Line> {
    let (what, marker) = match head.split_once(';') {
        Some((what, marker)) => (what, Marker::parse(marker)?),
        None => (head, Marker::always()),
    };
    // Put together by hand: the parser for whole lines expands environment variables in addresses, and panics on names
    // that end in punctuation (`a.*`).
    if what.contains(['@', '/', '\\', '$', ':']) || ARCHIVES.iter().any(|end| what.ends_with(end)) {
        return None;
    }
    let end = what
        .find(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c))
        .unwrap_or(what.len());
    let (name, rest) = what.split_at(end);
    let (has_extras, versions) = extras(rest.trim())?;
    Some(Line::Package(Package {
        name: PackageName::new(name.to_owned()).ok()?,
        has_extras,
        versions: specifiers(versions.trim())?,
        marker,
        has_hashes,
    }))
}

/// Whether there are extras, and what follows them.
fn extras(rest: &str) -> Option<(bool, &str)> {
    let Some(inside) = rest.strip_prefix('[') else {
        return Some((false, rest));
    };
    let (names, rest) = inside.split_once(']')?;
    let is_name = |name: &str| ExtraName::new(name.trim().to_owned()).is_ok();
    let none = names.trim().is_empty();
    (none || names.split(',').all(is_name)).then_some((!none, rest))
}

/// Version specifiers, in the parentheses of old where there are any.
fn specifiers(text: &str) -> Option<VersionSpecifiers> {
    let text = match text.strip_prefix('(') {
        Some(inside) => inside.strip_suffix(')')?,
        None => text,
    };
    if text.trim().is_empty() {
        return Some(VersionSpecifiers::empty());
    }
    VersionSpecifiers::from_str(text).ok()
}

fn local(head: &str) -> Option<String> {
    let is_path = head.contains('/') || ARCHIVES.iter().any(|end| head.ends_with(end));
    if is_path { relative(head) } else { None }
}

/// A path inside the plugin, normalised; `None` for addresses and for what leaves the plugin.
pub(super) fn relative(path: &str) -> Option<String> {
    let outside = path.starts_with('/')
        || path.contains([':', '\\', '$', '@', ';'])
        || path.contains(char::is_control);
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    (!outside && !parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(u64, String)> {
        let kind = |line: Line| match line {
            Line::Package(package) => format!("package {}{}", package.name, package.versions),
            Line::Local(path) => format!("local {path}"),
            Line::Option(name, value) => format!("option {name} {value}"),
            Line::Other => "other".to_owned(),
        };
        split(text)
            .into_iter()
            .map(|line| (line.number, kind(line.line)))
            .collect()
    }

    fn kind(text: &str) -> String {
        kinds(text).pop().map(|(_, kind)| kind).unwrap_or_default()
    }

    #[test]
    fn lines_of_real_files_are_understood() {
        assert_eq!(kind("gradio"), "package gradio");
        assert_eq!(
            kind("Pillow_SIMD >= 9 , <10  # fast"),
            "package pillow-simd>=9, <10"
        );
        assert_eq!(kind("uvicorn[standard]==0.30"), "package uvicorn==0.30");
        assert_eq!(kind("a [b, c] (>=1)"), "package a>=1");
        assert_eq!(kind("a[]"), "package a");
        assert_eq!(
            kind("numpy>=1; python_version < '3.12'"),
            "package numpy>=1"
        );
        assert_eq!(
            kind("./wheels/a-1-py3-none-any.whl"),
            "local wheels/a-1-py3-none-any.whl"
        );
        assert_eq!(kind("wheels/a.whl --hash=sha256:00"), "local wheels/a.whl");
        assert_eq!(kind("a.whl"), "local a.whl");
        assert_eq!(kind("-r other.txt"), "option --requirement other.txt");
        assert_eq!(kind("-rother.txt"), "option --requirement other.txt");
        assert_eq!(
            kind("--requirement=other.txt"),
            "option --requirement other.txt"
        );
        assert_eq!(
            kind("-e git+https://x/y"),
            "option --editable git+https://x/y"
        );
        assert_eq!(kind("--no-index"), "option --no-index ");
        assert_eq!(kind("--find-links wheels"), "option --find-links wheels");
    }

    #[test]
    fn everything_else_is_other() {
        for text in [
            "git+https://github.com/a/b#egg=c",
            "https://x/y.whl",
            "a @ https://x/y.whl",
            "file:///etc/passwd",
            "/abs.whl",
            "../up.whl",
            "not a requirement",
            "a==",
            "a ; nonsense",
            "a --global-option=x",
            "a @ file://${HOME}/x.whl",
            "6.* --hash=sha256:00",
            "a.",
            "a[",
            "a[b",
            "a[b c]",
            "a (>=1",
            "a b",
            "a>=1 <2",
        ] {
            assert_eq!(kind(text), "other", "{text}");
        }
    }

    #[test]
    fn numbers_count_physical_lines() {
        let text = "# head\n\na==1 \\\n  --hash=sha256:aa \\\n  --hash=sha256:bb\n\\\nb\nc \\";
        assert_eq!(
            kinds(text),
            [
                (3, "package a==1".into()),
                (6, "package b".into()),
                (8, "package c".into())
            ]
        );
    }
}
