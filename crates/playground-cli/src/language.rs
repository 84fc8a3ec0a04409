//! In which language the command speaks: Korean where the user's settings ask for it, else English.
//!
//! A sentence stands in both languages where it is said, so that neither is forgotten. `--help`, values that are typed or
//! read again (statuses, also at the end of a result's line, and kinds of failures), JSON, and what comes from tools,
//! tracebacks and the Agent's refusals stay as they are. So do titles that are names already: PK, ID, URL.

use playground_types::Failure;

/// The one of two sentences that the user reads.
pub(crate) fn say(english: impl Into<String>, korean: impl Into<String>) -> String {
    match Language::of_user() {
        Language::English => english.into(),
        Language::Korean => korean.into(),
    }
}

/// The title of a column or a line of a table.
pub(crate) fn title(english: &'static str) -> &'static str {
    match Language::of_user() {
        Language::English => english,
        Language::Korean => korean_title(english),
    }
}

/// What has no other name in Korean stays.
fn korean_title(english: &'static str) -> &'static str {
    match english {
        "NAME" | "name" => "이름",
        "RELEASE" | "release" => "릴리스",
        "MODEL" | "model" => "모델",
        "STATUS" | "status" => "상태",
        "ENDPOINT" | "endpoint" => "주소",
        "LABELS" | "labels" => "레이블",
        "AGE" => "경과",
        "KIND" => "종류",
        "WHY" => "이유",
        "PORT" => "포트",
        "RECORD" => "레코드",
        "AGENT" | "agent" => "Agent",
        "docker" => "Docker",
        "backend" => "백엔드",
        "params" => "파라미터",
        "metadata" => "메타데이터",
        "BUILD" | "build" => "빌드",
        "ERROR" => "오류",
        "CATEGORY" | "category" => "분류",
        "SIZE" | "size" => "크기",
        "FILE" => "파일",
        "docker id" => "Docker ID",
        "host port" => "호스트 포트",
        "image" => "이미지",
        "limits" => "한도",
        "health" => "상태 확인",
        "crashes" => "비정상 종료",
        "created" => "생성",
        "updated" => "변경",
        "finished" => "종료",
        "container" => "컨테이너",
        "containers" => "컨테이너",
        "waits" => "대기",
        "env" => "환경 변수",
        "description" => "설명",
        "checksum" => "체크섬",
        "version" => "버전",
        "base image" => "베이스 이미지",
        "ports" => "포트",
        "isolation" => "격리",
        "disk" => "디스크",
        other => other,
    }
}

/// A language that people read.
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
