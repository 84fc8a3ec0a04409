//! What a plugin may ask an installer to do.

use serde::{Deserialize, Serialize};

use super::Requirements;
use super::line::{Line, relative};
use crate::PluginError;

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
    /// Refuses the first line the policy does not allow; `file` is named in the error.
    pub fn refuse_not_allowed(
        &self,
        file: &str,
        policy: RequirementPolicy,
    ) -> Result<(), PluginError> {
        if policy == RequirementPolicy::Permissive {
            return Ok(());
        }
        for line in &self.lines {
            if let Some(reason) = refusal(&line.line) {
                let text = line.text.chars().take(200).collect();
                return Err(PluginError::RequirementNotAllowed {
                    file: file.to_owned(),
                    line: line.number,
                    text,
                    reason,
                });
            }
        }
        Ok(())
    }
}

fn refusal(line: &Line) -> Option<&'static str> {
    match line {
        Line::Package(_) => None,
        Line::Local(path) if path.starts_with("wheels/") && path.ends_with(".whl") => None,
        Line::Local(_) => Some("local files are wheels under wheels/"),
        Line::Option(name, _) if name == "--no-index" => None,
        Line::Option(name, value)
            if name == "--find-links" && relative(value).as_deref() == Some(WHEELS) =>
        {
            None
        }
        Line::Option(..) => Some("options of the installer are the operator's to set"),
        Line::Other => Some("only packages by name are allowed"),
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
            let error = Requirements::parse(&text)
                .refuse_not_allowed("requirements.txt", RequirementPolicy::Strict)
                .unwrap_err();
            assert_eq!(error.code(), "requirement_not_allowed", "{bad}");
            let sentence = error.to_string();
            assert!(
                sentence.contains("line 3") && sentence.contains(bad),
                "{sentence}"
            );
            Requirements::parse(&text)
                .refuse_not_allowed("requirements.txt", RequirementPolicy::Permissive)
                .unwrap();
        }
    }

    #[test]
    fn item_18_strict_allows_names_and_own_wheels() {
        let text = "--no-index\n--find-links wheels\nnumpy>=1,<3 ; python_version > '3.8'\na==1 --hash=sha256:00\n\
                    ./wheels/a-1-py3-none-any.whl\nuvicorn[standard]\n";
        Requirements::parse(text)
            .refuse_not_allowed("requirements.txt", RequirementPolicy::Strict)
            .unwrap();
    }
}
