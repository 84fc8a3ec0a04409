//! Bytes of a Python file -> its syntax, or what is wrong with it.

use playground_plugin::{Finding, Place, Severity};
use playground_types::Cause;
use ruff_python_ast::ModModule;
use ruff_python_parser::parse_unchecked_source;
use ruff_source_file::LineIndex;
use ruff_text_size::{Ranged, TextSize};

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
        Err(_) if names_an_encoding(bytes) => return Ok(None),
        Err(error) => {
            let bad = &bytes[..error.valid_up_to()];
            return Err(vec![not_text(path, bad, severity)]);
        }
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
        failure(severity, place, &cause)
    });
    Err(errors.collect())
}

fn place(path: &str, lines: &LineIndex, text: &str, at: TextSize) -> Place {
    let at = lines.line_column(at, text);
    Place::file(path)
        .line(at.line.get() as u64)
        .column(at.column.get() as u64)
}

/// Whether one of the first two lines is a comment that names the encoding, as PEP 263 has it.
fn names_an_encoding(bytes: &[u8]) -> bool {
    let lines = bytes.split(|byte| *byte == b'\n').take(2);
    lines
        .map(String::from_utf8_lossy)
        .any(|line| line.trim_start().starts_with('#') && line.contains("coding"))
}

fn not_text(path: &str, before: &[u8], severity: Severity) -> Finding {
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
    let cause = Cause::SyntaxError {
        place: None,
        text: "not UTF-8, and no line says which encoding it is".to_owned(),
    };
    hinted(
        failure(severity, Place::file(path).line(line), &cause),
        "Save the file as UTF-8 in your editor.".to_owned(),
        "편집기에서 파일을 UTF-8로 저장하세요.".to_owned(),
    )
}
