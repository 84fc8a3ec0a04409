//! Which module of the plugin is the app: `pkg.mod.attr`, `pkg.mod:attr`, `pkg.mod` or `dir/file.py[:attr]`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::PluginError;
use crate::place::Place;
use crate::reason::Said;

/// Where plugins keep their app when nothing says otherwise.
pub const DEFAULT_FILE: &str = "plugin/gradio_interface.py";
const DEFAULT_MODULE: &str = "plugin.gradio_interface";
/// Longest accepted entrypoint, in bytes.
const LONGEST: usize = 512;
const TOO_LONG: Said = Said {
    en: "it is too long",
    ko: "너무 깁니다",
};
const PATH_ENDS_IN_PY: Said = Said {
    en: "a path ends in .py",
    ko: "경로는 .py로 끝나야 합니다",
};
const PARTS_ARE_NAMES: Said = Said {
    en: "its parts are names of letters, digits and '_'",
    ko: "각 부분은 글자, 숫자, '_'로 된 이름이어야 합니다",
};
const ONE_VARIABLE: Said = Said {
    en: "what follows ':' is the name of one variable",
    ko: "':' 뒤에는 변수 이름 하나만 올 수 있습니다",
};

/// A module, and the attribute of it that is the app where that is known.
///
/// Its text, `pkg.mod:attr` or `pkg.mod`, is what the launcher gets in `SYNAPSE_ENTRYPOINT`; a module that Python has no
/// name for is given by its file, `my-app/main.py:attr`. An entrypoint written with dots only, whose module is not among
/// the plugin's files, stays one dotted name: the launcher finds the border.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Entrypoint {
    module: String,
    attribute: Option<String>,
}

/// A text that breaks the grammar of entrypoints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the entrypoint {text:?} is not valid: {reason}")]
pub struct NotAnEntrypoint {
    text: String,
    reason: Said,
}

/// How an entrypoint relates to the plugin's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Resolved {
    /// Its module is one of the files.
    Found(Entrypoint),
    /// Its first part is a folder or file of the plugin, the module is not.
    Missing(Entrypoint, String),
    /// Nothing of it is in the plugin; a requirement may bring it.
    Foreign(Entrypoint),
}

impl Entrypoint {
    /// The dotted module.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// The attribute, where one is named.
    pub fn attribute(&self) -> Option<&str> {
        self.attribute.as_deref()
    }

    /// The app where plugins keep it by default.
    pub(crate) fn default_module() -> Self {
        Self {
            module: DEFAULT_MODULE.to_owned(),
            attribute: None,
        }
    }

    /// Finds the border between module and attribute by the plugin's files: the longest prefix that is a module.
    pub(crate) fn resolve(
        self,
        has_file: impl Fn(&str) -> bool,
        has_folder: impl Fn(&str) -> bool,
    ) -> Resolved {
        let is_module = |module: &str| {
            let path = module.replace('.', "/");
            has_file(&format!("{path}.py")) || has_file(&format!("{path}/__init__.py"))
        };
        if is_module(&self.module) {
            return Resolved::Found(self);
        }
        if self.attribute.is_none()
            && let Some((module, attribute)) = self.module.rsplit_once('.')
            && is_module(module)
        {
            let attribute = Some(attribute.to_owned());
            return Resolved::Found(Self {
                module: module.to_owned(),
                attribute,
            });
        }
        let first = self.module.split('.').next().unwrap_or_default();
        if has_folder(first) || has_file(&format!("{first}.py")) {
            let path = format!("{}.py", self.likely_module().replace('.', "/"));
            return Resolved::Missing(self, path);
        }
        Resolved::Foreign(self)
    }

    /// With dots only, the last part is more often an attribute than a module.
    fn likely_module(&self) -> &str {
        match self.module.rsplit_once('.') {
            Some((module, _)) if self.attribute.is_none() && module.contains('.') => module,
            _ => &self.module,
        }
    }
}

impl FromStr for Entrypoint {
    type Err = NotAnEntrypoint;

    fn from_str(written: &str) -> Result<Self, NotAnEntrypoint> {
        let invalid = |reason| NotAnEntrypoint {
            text: written.chars().take(120).collect(),
            reason,
        };
        if written.len() > LONGEST {
            return Err(invalid(TOO_LONG));
        }
        let (module, attribute) = match written.trim().split_once(':') {
            // Some servers have a factory written as a call; the launcher knows one without that.
            Some((module, attribute)) => (
                module,
                Some(attribute.strip_suffix("()").unwrap_or(attribute)),
            ),
            None => (written.trim(), None),
        };
        let (module, is_path) = match module.strip_suffix(".py") {
            Some(path) => (path.trim_start_matches("./").replace('/', "."), true),
            None if module.contains('/') => return Err(invalid(PATH_ENDS_IN_PY)),
            None => (module.to_owned(), false),
        };
        if !module.split('.').all(is_segment) || (module.contains(' ') && !is_path) {
            return Err(invalid(PARTS_ARE_NAMES));
        }
        if !attribute.is_none_or(is_identifier) {
            return Err(invalid(ONE_VARIABLE));
        }
        Ok(Self {
            module,
            attribute: attribute.map(str::to_owned),
        })
    }
}

fn is_identifier(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// Files and folders may have names that are no identifiers, such as `my-app` or `main page`.
fn is_segment(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))
}

impl fmt::Display for Entrypoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.module.split('.').all(is_identifier) {
            f.write_str(&self.module)?;
        } else {
            write!(f, "{}.py", self.module.replace('.', "/"))?;
        }
        match &self.attribute {
            Some(attribute) => write!(f, ":{attribute}"),
            None => Ok(()),
        }
    }
}

impl NotAnEntrypoint {
    /// The same as a mistake at a place.
    pub(crate) fn at(self, place: Place) -> PluginError {
        PluginError::EntrypointInvalid {
            place,
            text: self.text,
            reason: self.reason,
        }
    }
}

impl TryFrom<String> for Entrypoint {
    type Error = NotAnEntrypoint;
    fn try_from(text: String) -> Result<Self, NotAnEntrypoint> {
        text.parse()
    }
}

impl From<Entrypoint> for String {
    fn from(entrypoint: Entrypoint) -> Self {
        entrypoint.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> String {
        let files = [
            "plugin/gradio_interface.py",
            "pkg/__init__.py",
            "pkg/web/app.py",
            "app.py",
            "my-app.py",
            "my-app/main page.py",
        ];
        let has_file = |path: &str| files.contains(&path);
        let has_folder = |folder: &str| files.iter().any(|f| f.starts_with(&format!("{folder}/")));
        match text
            .parse::<Entrypoint>()
            .unwrap()
            .resolve(has_file, has_folder)
        {
            Resolved::Found(entrypoint) => format!("found {entrypoint}"),
            Resolved::Missing(entrypoint, path) => format!("{entrypoint} misses {path}"),
            Resolved::Foreign(entrypoint) => format!("foreign {entrypoint}"),
        }
    }

    #[test]
    fn the_border_between_module_and_attribute_is_found_by_the_files() {
        assert_eq!(
            resolve("plugin.gradio_interface.app"),
            "found plugin.gradio_interface:app"
        );
        assert_eq!(
            resolve("plugin.gradio_interface:app"),
            "found plugin.gradio_interface:app"
        );
        assert_eq!(
            resolve("plugin.gradio_interface"),
            "found plugin.gradio_interface"
        );
        assert_eq!(
            resolve("plugin/gradio_interface.py"),
            "found plugin.gradio_interface"
        );
        assert_eq!(
            resolve("./plugin/gradio_interface.py:demo"),
            "found plugin.gradio_interface:demo"
        );
        assert_eq!(resolve("app"), "found app");
        assert_eq!(resolve("app.demo"), "found app:demo");
        assert_eq!(resolve("my-app.py"), "found my-app.py");
        assert_eq!(
            resolve("my-app/main page.py:demo"),
            "found my-app/main page.py:demo"
        );
        assert_eq!(resolve("pkg.web.app"), "found pkg.web.app");
        assert_eq!(resolve("pkg.main"), "found pkg:main");
    }

    #[test]
    fn a_factory_may_be_written_as_a_call() {
        assert_eq!(resolve("app:create()"), "found app:create");
    }

    #[test]
    fn what_is_shown_is_read_again() {
        for text in ["a.b:c", "a.b", "my-app/main page.py:demo", "1/2.py"] {
            let entrypoint: Entrypoint = text.parse().unwrap();
            assert_eq!(entrypoint.to_string(), text);
            assert_eq!(entrypoint.to_string().parse(), Ok(entrypoint));
        }
    }

    #[test]
    fn a_module_that_is_not_there_is_told_from_one_of_a_requirement() {
        assert_eq!(
            resolve("plugin.ui.app"),
            "plugin.ui.app misses plugin/ui.py"
        );
        assert_eq!(
            resolve("plugin.ui:app"),
            "plugin.ui:app misses plugin/ui.py"
        );
        assert_eq!(
            resolve("some_package.demo:app"),
            "foreign some_package.demo:app"
        );
    }

    #[test]
    fn item_17_text_that_is_no_entrypoint_is_refused() {
        for text in [
            "", ":", "a:", ":a", "a b", "a;b", "a\nb", "$(id)", "`id`", "a:b:c", "a..b", ".a",
            "a.", "a:()", "a:b()()", "../a.py", "/a.py", "a/b", "-c", "a:b-c", "a:1", "a\0b",
        ] {
            assert!(text.parse::<Entrypoint>().is_err(), "{text:?}");
        }
        assert!("a.".repeat(300).parse::<Entrypoint>().is_err());
    }
}
