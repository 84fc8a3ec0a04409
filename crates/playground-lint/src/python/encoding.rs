//! Python files that are not UTF-8.

use playground_plugin::{Finding, Place, Severity};
use playground_types::Cause;
use ruff_python_ast::PySourceType;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::{Ranged as _, TextSize};

use crate::tell::{failure, hinted};

/// Whether one of the first two lines is a comment that names the encoding, as PEP 263 has it.
pub(super) fn is_named(bytes: &[u8]) -> bool {
    let lines = bytes.split(|byte| *byte == b'\n').take(2);
    lines
        .map(String::from_utf8_lossy)
        .any(|line| line.trim_start().starts_with('#') && line.contains("coding"))
}

/// The first bad byte. Python reads past those in comments, and past no other.
pub(super) fn told(path: &str, bytes: &[u8], severity: Severity) -> Finding {
    let (text, bad) = patched(bytes);
    let first = bad.first().copied().unwrap_or(0);
    let line = 1 + text[..first].matches('\n').count() as u64;
    let cause = Cause::SyntaxError {
        place: None,
        text: "not UTF-8, and no line says which encoding it is".to_owned(),
    };
    let severity = match are_in_comments(&text, &bad) {
        true => Severity::Warning,
        false => severity,
    };
    hinted(
        failure(severity, Place::file(path).line(line), &cause),
        "Save the file as UTF-8 in your editor.".to_owned(),
        "편집기에서 파일을 UTF-8로 저장하세요.".to_owned(),
    )
}

/// The text with a letter for each bad byte, and where those are.
fn patched(bytes: &[u8]) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut bad = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for _ in chunk.invalid() {
            bad.push(text.len());
            text.push('x');
        }
    }
    (text, bad)
}

fn are_in_comments(text: &str, bad: &[usize]) -> bool {
    let parsed = parse_unchecked_source(text, PySourceType::Python);
    let comments: Vec<_> = parsed
        .tokens()
        .iter()
        .filter(|token| token.kind() == TokenKind::Comment)
        .map(|token| token.range())
        .collect();
    let is_in_one = |at: &usize| {
        let at = TextSize::try_from(*at).unwrap_or_default();
        comments.iter().any(|comment| comment.contains(at))
    };
    bad.iter().all(is_in_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(bytes: &[u8]) -> Severity {
        told("a.py", bytes, Severity::Error).severity
    }

    #[test]
    fn python_reads_past_bad_bytes_in_comments_only() {
        assert_eq!(
            severity(b"# \xbe\xc8\nx = 1 # \xb3\xe7\n"),
            Severity::Warning
        );
        assert_eq!(severity(b"x = \"\xbe\xc8\"\n"), Severity::Error);
        assert_eq!(severity(b"# \xbe\nx = \"# \xc8\"\n"), Severity::Error);
        assert_eq!(severity(b"\xbe\xc8 = 1\n"), Severity::Error);
    }

    #[test]
    fn an_encoding_that_is_named_is_its_authors() {
        assert!(is_named(b"# -*- coding: cp949 -*-\n"));
        assert!(is_named(
            b"#!/usr/bin/python\n# vim: set fileencoding=euc-kr :\n"
        ));
        assert!(!is_named(b"x = 1\n\n# coding: cp949\n"));
        assert!(!is_named(b"coding = 1\n"));
    }
}
