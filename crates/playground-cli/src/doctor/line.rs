//! What one check found: a line for people, an object for programs.

use std::path::Path;

use comfy_table::{Cell, Color};
use serde::Serialize;

use crate::language::Language;
use crate::table::{table, text};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// It works, or may, and somebody should look at it.
    Warning,
    /// The Agent, its builds or its apps cannot work like this.
    Bad,
    /// It could not be looked at, because something else is not there; that has a line of its own where it matters.
    Skipped,
}

/// The same sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) en: String,
    pub(super) ko: String,
}

/// A sentence in English and Korean.
pub(super) fn words(en: impl Into<String>, ko: impl Into<String>) -> Words {
    Words {
        en: en.into(),
        ko: ko.into(),
    }
}

/// What is typed is the same in every language.
pub(super) fn typed(command: impl Into<String>) -> Words {
    let command = command.into();
    words(command.clone(), command)
}

/// A path as a shell takes it: in quotes where it has letters that mean something there.
pub(super) fn argument(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    match text.chars().all(is_plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

impl Words {
    fn of(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Korean => &self.ko,
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// A stable word for programs.
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) message: Words,
    pub(super) fix: Option<Words>,
}

/// The same as programs get it, in the user's language.
#[derive(Debug, Serialize)]
pub(super) struct Told<'a> {
    name: &'static str,
    state: State,
    message: &'a str,
    fix: Option<&'a str>,
}

impl Line {
    pub(super) fn ok(name: &'static str, message: Words) -> Self {
        Self::of(name, State::Ok, message)
    }

    pub(super) fn skipped(name: &'static str, message: Words) -> Self {
        Self::of(name, State::Skipped, message)
    }

    /// Something to look at, and what to type.
    pub(super) fn warning(name: &'static str, message: Words, fix: Words) -> Self {
        Self {
            fix: Some(fix),
            ..Self::of(name, State::Warning, message)
        }
    }

    /// Something that has to be mended, and what to type.
    pub(super) fn bad(name: &'static str, message: Words, fix: Words) -> Self {
        Self {
            fix: Some(fix),
            ..Self::of(name, State::Bad, message)
        }
    }

    fn of(name: &'static str, state: State, message: Words) -> Self {
        Self {
            name,
            state,
            message,
            fix: None,
        }
    }

    pub(super) fn told(&self, language: Language) -> Told<'_> {
        Told {
            name: self.name,
            state: self.state,
            message: self.message.of(language),
            fix: self.fix.as_ref().map(|fix| fix.of(language)),
        }
    }
}

/// All lines as a table; a fix stands below its line.
pub(super) fn shown(lines: &[Line], language: Language) -> String {
    let (headers, mark) = match language {
        Language::English => (["STATE", "CHECK", "FOUND"], "fix"),
        Language::Korean => (["상태", "항목", "결과"], "해결"),
    };
    let rows = lines.iter().flat_map(|line| {
        let told = line.told(language);
        let row = vec![
            state(told.state, language),
            text(told.name),
            text(told.message),
        ];
        let fix = told.fix.map(|fix| {
            let below = format!("{mark}: {fix}");
            vec![text(""), text(""), text(below)]
        });
        std::iter::once(row).chain(fix)
    });
    table(&headers, rows)
}

fn state(state: State, language: Language) -> Cell {
    let (en, ko, colour) = match state {
        State::Ok => ("ok", "정상", Color::Green),
        State::Warning => ("warning", "경고", Color::Yellow),
        State::Bad => ("bad", "문제", Color::Red),
        State::Skipped => ("skipped", "건너뜀", Color::DarkGrey),
    };
    let word = match language {
        Language::English => en,
        Language::Korean => ko,
    };
    Cell::new(word).fg(colour)
}

/// One line for all of them.
pub(super) fn summary(lines: &[Line], language: Language) -> String {
    let count = |state| lines.iter().filter(|line| line.state == state).count();
    let (all, bad, warnings) = (lines.len(), count(State::Bad), count(State::Warning));
    match language {
        Language::English => format!("{bad} of {all} bad, warnings: {warnings}"),
        Language::Korean => format!("{all}개 항목 중 문제 {bad}개, 경고 {warnings}개"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_argument_of_a_shell() {
        for (path, argument) in [
            ("/var/lib/p-1.0", "/var/lib/p-1.0"),
            ("/데이터", "/데이터"),
            ("/my data", "'/my data'"),
            ("/it's $HOME", r"'/it'\''s $HOME'"),
        ] {
            assert_eq!(super::argument(Path::new(path)), argument);
        }
    }
}
