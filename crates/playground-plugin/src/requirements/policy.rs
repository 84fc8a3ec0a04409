//! What a plugin may ask an installer to do.

use serde::{Deserialize, Serialize};

use super::Requirements;
use super::line::{Line, relative};
use crate::{Place, PluginError, Said};

/// Which lines of `requirements.txt` are allowed; chosen by the operator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequirementPolicy {
    /// All that the installer understands.
    #[default]
    Permissive,
    /// Packages by name, with versions, hashes and markers; wheels under `wheels/`; and the two options with which the
    /// platform's own packer points there (`--no-index`, `--find-links wheels`). No line can name another index, an
    /// address or a path, so none can make the installer fetch from or run what the operator did not choose.
    Strict,
}

const WHEELS: &str = "wheels";

impl Requirements {
    /// One error for each line that the policy does not allow; `file` is named in it.
    pub fn not_allowed(
        &self,
        file: &str,
        policy: RequirementPolicy,
    ) -> impl Iterator<Item = PluginError> {
        let judged = match policy {
            RequirementPolicy::Permissive => &[],
            RequirementPolicy::Strict => self.lines.as_slice(),
        };
        judged.iter().filter_map(move |line| {
            Some(PluginError::RequirementNotAllowed {
                place: Place::file(file).line(line.number),
                text: line.text.chars().take(200).collect(),
                reason: refusal(&line.line)?,
            })
        })
    }
}

const LOCAL_WHEELS: Said = Said {
    en: "local files are wheels under wheels/",
    ko: "로컬 파일은 wheels/ 아래의 wheel만 쓸 수 있습니다",
};
const NO_OPTIONS: Said = Said {
    en: "options of the installer are the operator's to set",
    ko: "설치 도구의 옵션은 운영자가 정합니다",
};
const PACKAGES_BY_NAME: Said = Said {
    en: "only packages by name are allowed",
    ko: "이름으로 적은 패키지만 쓸 수 있습니다",
};

fn refusal(line: &Line) -> Option<Said> {
    match line {
        Line::Package(_) => None,
        Line::Local(path) if path.starts_with("wheels/") && path.ends_with(".whl") => None,
        Line::Local(_) => Some(LOCAL_WHEELS),
        Line::Option(name, _) if name == "--no-index" => None,
        Line::Option(name, value)
            if name == "--find-links" && relative(value).as_deref() == Some(WHEELS) =>
        {
            None
        }
        Line::Option(..) => Some(NO_OPTIONS),
        Line::Other => Some(PACKAGES_BY_NAME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn item_18_strict_names_the_line_it_refuses() {
        for bad in [
            "--extra-index-url http://evil",
            "-i http://evil",
            "--index-url=http://evil",
            "-e git+https://x/y",
            "-e .",
            "git+https://x/y",
            "file:///etc/passwd",
            "a @ file:///etc/passwd",
            "https://evil/a.whl",
            "../a.whl",
            "/a.whl",
            "./wheels/a.tar.gz",
            "wheels/../../a.whl",
            "-r other.txt",
            "-r http://evil/r.txt",
            "--trusted-host evil",
            "--find-links http://evil",
            "a --global-option=--x",
            "--pre",
        ] {
            let text = format!("# ours\nnumpy>=1\n{bad}\n");
            let requirements = Requirements::parse(&text);
            let refused = |policy| {
                let errors = requirements.not_allowed("requirements.txt", policy);
                errors.collect::<Vec<_>>()
            };
            let [error] = &refused(RequirementPolicy::Strict)[..] else {
                panic!("one error: {bad}");
            };
            assert_eq!(error.code(), "requirement_not_allowed", "{bad}");
            let sentence = error.to_string();
            assert!(
                sentence.contains("line 3") && sentence.contains(bad),
                "{sentence}"
            );
            assert!(refused(RequirementPolicy::Permissive).is_empty());
        }
    }

    #[test]
    fn item_18_strict_allows_names_and_own_wheels() {
        let text = "--no-index\n--find-links wheels\nnumpy>=1,<3 ; python_version > '3.8'\na==1 --hash=sha256:00\n\
                    ./wheels/a-1-py3-none-any.whl\nuvicorn[standard]\n";
        let requirements = Requirements::parse(text);
        let mut refused = requirements.not_allowed("requirements.txt", RequirementPolicy::Strict);
        assert!(refused.next().is_none());
    }
}
