//! The files of a new plugin. `{{...}}` in them is filled in; nothing else is.

use crate::language::Language;

/// The texts of one language.
pub(super) struct Template {
    manifest: &'static str,
    app: &'static str,
    requirements: &'static str,
    readme: &'static str,
}

const ENGLISH: Template = Template {
    manifest: include_str!("en/config.yaml"),
    app: include_str!("en/gradio_interface.py"),
    requirements: include_str!("en/requirements.txt"),
    readme: include_str!("en/README.md"),
};
const KOREAN: Template = Template {
    manifest: include_str!("ko/config.yaml"),
    app: include_str!("ko/gradio_interface.py"),
    requirements: include_str!("ko/requirements.txt"),
    readme: include_str!("ko/README.md"),
};
const GITIGNORE: &str = "__pycache__/\n.venv/\ndist/\n";

impl Template {
    pub(super) fn of(language: Language) -> Self {
        match language {
            Language::English => ENGLISH,
            Language::Korean => KOREAN,
        }
    }

    /// Paths and texts of the plugin's files.
    pub(super) fn filled(&self, code: &str, name: &str) -> Vec<(&'static str, String)> {
        let manifest = self
            .manifest
            .replace("{{code}}", &scalar(code))
            .replace("{{name}}", &scalar(name));
        let readme = self
            .readme
            .replace("{{code}}", code)
            .replace("{{name}}", name);
        vec![
            ("config.yaml", manifest),
            ("plugin/__init__.py", String::new()),
            (
                "plugin/gradio_interface.py",
                self.app.replace("{{title}}", &quoted(name)),
            ),
            ("requirements.txt", self.requirements.to_owned()),
            ("README.md", readme),
            (".gitignore", GITIGNORE.to_owned()),
        ]
    }
}

/// A text in double quotes, as JSON, YAML and Python read it alike.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A text as a value in YAML: bare where nobody can take it for anything else.
fn scalar(text: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ');
    let is_bare = text.starts_with(char::is_alphabetic)
        && text.chars().all(is_word)
        && text == text.trim()
        && !matches!(
            text.to_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    if is_bare {
        text.to_owned()
    } else {
        quoted(text)
    }
}

#[cfg(test)]
mod tests {
    use playground_plugin::manifest::Manifest;

    use super::*;

    #[test]
    fn any_name_stays_what_it_is() {
        for name in [
            "Image Lab",
            "감정 분석",
            "a: b # c",
            "\"quoted\"",
            "yes",
            "1.10",
            "back\\slash",
            "- x",
            "{{code}}",
        ] {
            for language in [Language::English, Language::Korean] {
                let files = Template::of(language).filled("no", name);
                let manifest = Manifest::parse("config.yaml", files[0].1.as_bytes()).unwrap();
                assert_eq!(manifest.code.as_deref(), Some("no"));
                assert_eq!(manifest.name.as_deref(), Some(name));
                assert!(files[2].1.contains(&format!("title={},", quoted(name))));
            }
        }
    }
}
