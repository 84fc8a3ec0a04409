//! In which language a plugin's failure is told: Korean where the user's settings ask for it, else English.
//!
//! Everything else that the command says is English. What comes from tools and tracebacks stays as it is.

use playground_types::Failure;

/// A language that failures are told in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Language {
    #[default]
    English,
    Korean,
}

impl Language {
    /// The user's, by the variables that POSIX has for messages.
    pub(crate) fn of_user() -> Self {
        Self::of(|name| std::env::var(name).ok())
    }

    /// The first variable that says something decides.
    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(variable)
            .find(|value| !value.is_empty());
        let is_korean = |locale: String| {
            let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
            language.eq_ignore_ascii_case("ko")
        };
        if locale.is_some_and(is_korean) {
            Self::Korean
        } else {
            Self::English
        }
    }

    /// What happened.
    pub(crate) fn message(self, failure: &Failure) -> &str {
        match self {
            Self::English => &failure.message,
            Self::Korean => &failure.ko.message,
        }
    }

    /// What to do about it.
    pub(crate) fn hint(self, failure: &Failure) -> Option<&str> {
        match self {
            Self::English => failure.hint.as_deref(),
            Self::Korean => failure.ko.hint.as_deref(),
        }
    }

    /// One line that names who failed, and why.
    pub(crate) fn heading(self, who: &str, failure: &Failure) -> String {
        let (kind, message) = (failure.kind.as_str(), self.message(failure));
        match self {
            Self::English => format!("{who} failed ({kind}): {message}"),
            Self::Korean => format!("{who} 실패({kind}): {message}"),
        }
    }

    /// The same where it is plain who failed.
    pub(crate) fn line(self, failure: &Failure) -> String {
        let (kind, message) = (failure.kind.as_str(), self.message(failure));
        match self {
            Self::English => format!("failed ({kind}): {message}"),
            Self::Korean => format!("실패({kind}): {message}"),
        }
    }

    /// What begins the line of an error, and that of a hint.
    pub(crate) fn marks(self) -> [&'static str; 2] {
        match self {
            Self::English => ["error", "hint"],
            Self::Korean => ["오류", "도움말"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_something_decides() {
        let of = |set: &[(&str, &str)]| {
            Language::of(|name| {
                let found = set.iter().find(|(other, _)| *other == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "ko_KR.UTF-8")]), Language::Korean);
        assert_eq!(of(&[("LANG", "ko")]), Language::Korean);
        assert_eq!(of(&[("LANG", "kok_IN")]), Language::English);
        assert_eq!(
            of(&[("LC_ALL", "C.UTF-8"), ("LANG", "ko_KR.UTF-8")]),
            Language::English
        );
        assert_eq!(
            of(&[("LC_ALL", ""), ("LC_MESSAGES", "ko_KR"), ("LANG", "C")]),
            Language::Korean
        );
    }
}
