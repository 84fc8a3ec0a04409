//! What a check found, for people in their language and for programs in both.

use std::path::Path;

use console::Style;
use playground_plugin::{Examined, Finding, Severity};
use serde::Serialize;

use crate::human::{plain, size};
use crate::language::Language;
use crate::output::below;

/// What the linter calls a file with a syntax error, as the launcher does.
const UNREADABLE: &str = "import_error";

/// Everything that one check found.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether an Agent would take the plugin: there may be warnings.
    pub(super) ok: bool,
    /// code@version, where that can be said.
    pub(super) release: Option<String>,
    files: Option<u64>,
    size_bytes: Option<u64>,
    /// By file and line.
    pub(super) findings: Vec<Finding>,
}

impl Report {
    pub(super) fn of(plugin: &Examined, findings: Vec<Finding>) -> Self {
        Self {
            release: plugin.release().map(ToString::to_string),
            files: Some(plugin.files()),
            size_bytes: Some(plugin.size_bytes()),
            ..Self::of_findings(findings)
        }
    }

    /// Of something that could not be read far enough to say more.
    pub(super) fn of_findings(mut findings: Vec<Finding>) -> Self {
        findings.sort_by_key(|finding| {
            let place = finding.place.as_ref();
            place.map(|place| (place.file.clone(), place.line, place.column))
        });
        Self {
            ok: !findings.iter().any(is_error),
            release: None,
            files: None,
            size_bytes: None,
            findings,
        }
    }

    /// The same where every file that Python cannot read is an error: one that is imported ends an app that runs.
    pub(super) fn strict(mut self) -> Self {
        for finding in &mut self.findings {
            if finding.code == UNREADABLE {
                finding.severity = Severity::Error;
                self.ok = false;
            }
        }
        self
    }

    /// One block a finding: place, severity and sentence in one line, the fix below. Whether it `has_colour` is for
    /// whoever knows where it is printed.
    pub(super) fn told(&self, plugin: &Path, language: Language, has_colour: bool) -> String {
        let blocks = self.findings.iter();
        let blocks: Vec<_> = blocks
            .map(|finding| told(finding, plugin, language, has_colour))
            .collect();
        blocks.join("\n")
    }

    /// One line for all.
    pub(super) fn summary(&self, plugin: &Path, language: Language) -> String {
        let plugin = plugin.display().to_string();
        let who = self.release.as_ref().unwrap_or(&plugin);
        let errors = self.findings.iter().filter(|found| is_error(found)).count();
        let warnings = self.findings.len() - errors;
        let whole = size(self.size_bytes.unwrap_or(0));
        let files = self.files.unwrap_or(0);
        match language {
            Language::English if self.ok => format!(
                "{who} can be uploaded: {}, {whole}, {}",
                counted(files as usize, "file"),
                counted(warnings, "warning")
            ),
            Language::English => format!(
                "{who} has {}, {}",
                counted(errors, "error"),
                counted(warnings, "warning")
            ),
            Language::Korean if self.ok => {
                format!("{who}: 올릴 수 있습니다. 파일 {files}개, {whole}, 경고 {warnings}개")
            }
            Language::Korean => format!("{who}: 오류 {errors}개, 경고 {warnings}개"),
        }
    }
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn told(finding: &Finding, plugin: &Path, language: Language, has_colour: bool) -> String {
    let (message, hint) = match language {
        Language::English => (&finding.message, &finding.hint),
        Language::Korean => (&finding.ko.message, &finding.ko.hint),
    };
    let [error, hint_mark] = language.marks();
    let (mark, colour) = match (finding.severity, language) {
        (Severity::Error, _) => (error, Style::new().red().bold()),
        (Severity::Warning, Language::English) => ("warning", Style::new().yellow().bold()),
        (Severity::Warning, Language::Korean) => ("경고", Style::new().yellow().bold()),
    };
    let mark = colour.force_styling(has_colour).apply_to(mark);
    let place = plain(&place(finding, plugin));
    let mut told = format!("{place}: {mark}: {} [{}]", plain(message), finding.code);
    let hint = hint.iter().flat_map(|hint| hint.lines());
    for (at, line) in hint.enumerate() {
        let lead = match at {
            0 => format!("{hint_mark}: "),
            _ => "  ".to_owned(),
        };
        told.push_str(&format!("\n  {lead}{}", plain(line)));
    }
    told
}

/// As editors and terminals make links of it: the path as it is from here, line and column.
fn place(finding: &Finding, plugin: &Path) -> String {
    let Some(place) = &finding.place else {
        return plugin.display().to_string();
    };
    let file = below(plugin, &place.file);
    match (place.line, place.column) {
        (None, _) => file,
        (Some(line), None) => format!("{file}:{line}"),
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
    }
}
