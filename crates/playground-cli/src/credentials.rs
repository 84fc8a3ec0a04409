//! The tokens that `login` keeps for later calls: one file of the user's, a token for each address.
//!
//! ```toml
//! [tokens]
//! "https://agent.example" = "..."
//! ```

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, Permissions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::exit::{Exit, Problem};
use crate::language::say;

/// The file inside the user's directory of settings.
const FILE: &str = "synapse-playground/credentials.toml";
/// What nobody but the owner may have of the file.
const OTHERS: u32 = 0o077;

/// What the file holds. No `Debug`: a token must not come into a log by it.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[serde(default)]
    tokens: BTreeMap<String, String>,
}

/// Where the file is: below `XDG_CONFIG_HOME`, or else below `~/.config`. None for a user without either.
pub(crate) fn file() -> Option<PathBuf> {
    let variable = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let settings = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
    Some(settings?.join(FILE))
}

impl Credentials {
    /// Reads the file; one that is not there holds nothing.
    ///
    /// # Errors
    /// When others may read it, or it is not what `login` writes. The parser's words are left out: they quote the line.
    pub(crate) fn read(file: &Path) -> anyhow::Result<Self> {
        let shown = file.display();
        let cannot = || {
            say(
                format!("{shown} cannot be read"),
                format!("파일을 읽을 수 없습니다: {shown}"),
            )
        };
        let mut opened = match File::open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(cannot),
        };
        let mode = opened.metadata()?.permissions().mode() & 0o777;
        if mode & OTHERS != 0 {
            let message = say(
                format!("{shown} has tokens, and others may read or change it (mode {mode:o})"),
                format!(
                    "토큰이 든 파일을 다른 사용자가 읽거나 바꿀 수 있습니다: {shown} (권한 {mode:o})"
                ),
            );
            let problem = Problem::new(Exit::Failed, message);
            return Err(problem.hint(format!("chmod 600 {shown}")).into());
        }
        let mut text = String::new();
        let read = opened.read_to_string(&mut text);
        read.with_context(cannot)?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| line_at(&text, span.start));
            let place = line.map_or_else(String::new, |line| {
                say(format!(", line {line}"), format!(", {line}번째 줄"))
            });
            let message = say(
                format!("{shown}{place} is not what `playground login` writes"),
                format!("`playground login`이 쓰는 형식이 아닙니다: {shown}{place}"),
            );
            let hint = say(
                format!("mend it, or remove it and log in again: rm {shown}"),
                format!("고치거나, 지우고 다시 로그인하세요: rm {shown}"),
            );
            Problem::new(Exit::Failed, message).hint(hint).into()
        })
    }

    /// Writes the file whole, for its owner only: a reader sees the old file or the new one.
    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let cannot = || {
            let shown = file.display();
            say(
                format!("{shown} cannot be written"),
                format!("파일을 쓸 수 없습니다: {shown}"),
            )
        };
        let folder = file.parent().with_context(cannot)?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.with_context(cannot)?;
        let private = Permissions::from_mode(0o700);
        std::fs::set_permissions(folder, private).with_context(cannot)?;
        // Made with mode 600.
        let mut new = NamedTempFile::new_in(folder).with_context(cannot)?;
        new.write_all(toml::to_string(self)?.as_bytes())
            .and_then(|()| new.as_file().sync_all())
            .with_context(cannot)?;
        new.persist(file).with_context(cannot)?;
        Ok(())
    }

    /// The token of the Agent at this address.
    pub(crate) fn token(&self, url: &str) -> Option<&str> {
        self.tokens.get(url).map(String::as_str)
    }

    pub(crate) fn keep(&mut self, url: &str, token: String) {
        self.tokens.insert(url.to_owned(), token);
    }

    /// Whether there was one.
    pub(crate) fn forget(&mut self, url: &str) -> bool {
        self.tokens.remove(url).is_some()
    }
}

/// Lines are counted from 1.
fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    1 + before.filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_for_its_owner_only_and_comes_back_as_it_was_written() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new/credentials.toml");
        assert!(
            Credentials::read(&file)
                .unwrap()
                .token("http://a")
                .is_none()
        );
        let mut kept = Credentials::default();
        kept.keep("http://a", "first".to_owned());
        kept.keep("http://b:8000/prefix", "second \"quoted\"".to_owned());
        kept.keep("http://a", "third".to_owned());
        kept.write(&file).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(&dir.path().join("new"))), (0o600, 0o700));
        let mut read = Credentials::read(&file).unwrap();
        assert_eq!(read.token("http://a"), Some("third"));
        assert_eq!(
            read.token("http://b:8000/prefix"),
            Some("second \"quoted\"")
        );
        assert!(read.forget("http://a") && !read.forget("http://a"));
        read.write(&file).unwrap();
        assert!(
            Credentials::read(&file)
                .unwrap()
                .token("http://a")
                .is_none()
        );
        let left: Vec<_> = std::fs::read_dir(dir.path().join("new")).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing is left of writing");
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!([0, 1, 2, 3].map(|at| line_at("a\nb\n", at)), [1, 1, 2, 2]);
    }
}
