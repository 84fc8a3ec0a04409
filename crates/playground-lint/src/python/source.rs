//! Bytes of a Python file -> its syntax, or what is wrong with it.

use playground_plugin::{Finding, Place, Severity};
use playground_types::Cause;
use ruff_python_ast::ModModule;
use ruff_python_parser::parse_unchecked_source;
use ruff_source_file::LineIndex;
use ruff_text_size::{Ranged, TextSize};

use super::encoding;
use crate::tell::{failure, hinted};

/// One mistake makes a parser see many; the first ones are true.
const MOST: usize = 3;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A file that is Python.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) syntax: ModModule,
    lines: LineIndex,
}

impl Source {
    /// Where something of it begins.
    pub(crate) fn place(&self, of: &impl Ranged) -> Place {
        place(&self.path, &self.lines, &self.text, of.start())
    }
}

/// Reads a file. `None` where its author says that it is in an encoding of his own.
pub(crate) fn read(
    path: &str,
    bytes: &[u8],
    severity: Severity,
) -> Result<Option<Source>, Vec<Finding>> {
    let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) if encoding::is_named(bytes) => return Ok(None),
        Err(_) => return Err(vec![encoding::told(path, bytes, severity)]),
    };
    let lines = LineIndex::from_source_text(&text);
    let parsed = parse_unchecked_source(&text, ruff_python_ast::PySourceType::Python);
    if parsed.has_valid_syntax() {
        return Ok(Some(Source {
            path: path.to_owned(),
            syntax: parsed.into_syntax(),
            text,
            lines,
        }));
    }
    let errors = parsed.errors().iter().take(MOST).map(|error| {
        let cause = Cause::SyntaxError {
            place: None,
            text: error.error.to_string(),
        };
        let place = place(path, &lines, &text, error.location.start());
        mend(failure(severity, place, &cause))
    });
    Err(errors.collect())
}

/// Parsers see a mistake where they can go no further, which may be after it.
fn mend(finding: Finding) -> Finding {
    let (english, korean) = match finding.message.contains("EOF") {
        true => (
            "A bracket or a quote further up is left open.",
            "위쪽에 닫지 않은 괄호나 따옴표가 있습니다.",
        ),
        false => (
            "Mend this line, or the end of the one before it.",
            "이 줄이나 바로 앞줄의 끝을 고치세요.",
        ),
    };
    hinted(finding, english.to_owned(), korean.to_owned())
}

fn place(path: &str, lines: &LineIndex, text: &str, at: TextSize) -> Place {
    let at = lines.line_column(at, text);
    Place::file(path)
        .line(at.line.get() as u64)
        .column(at.column.get() as u64)
}
