//! `requirements.txt` with the files it includes, from the plugin's own files.

use std::collections::BTreeMap;

use super::line::{Line, relative};
use super::{RequirementPolicy, Requirements};
use crate::tree::{Content, Tree};
use crate::{PluginError, text};

/// The file an installation begins with.
pub(crate) const FILE: &str = "requirements.txt";
/// Files one plugin may include; real ones have one or two.
const MOST_FILES: usize = 32;

/// All requirement files of a plugin.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The text of [`FILE`]; empty where there is none.
    pub(crate) text: String,
    /// The included files.
    pub(crate) included: BTreeMap<String, String>,
    /// Files and folders that lines of any of them name.
    pub(crate) installs_from: Vec<String>,
}

/// Reads the files, judges every line, and refuses includes that are not there. `limit` is in bytes, for all together.
pub(crate) fn gather(
    tree: &Tree,
    limit: u64,
    policy: RequirementPolicy,
) -> Result<Gathered, PluginError> {
    let mut texts = BTreeMap::new();
    let mut installs_from = Vec::new();
    let mut left = limit;
    let mut waiting: Vec<String> = tree
        .has(FILE)
        .then(|| FILE.to_owned())
        .into_iter()
        .collect();
    while let Some(file) = waiting.pop() {
        if texts.contains_key(&file) {
            continue;
        }
        let text = read(tree, &file, &mut left, limit)?;
        let requirements = Requirements::parse(&text);
        requirements.refuse_not_allowed(&file, policy)?;
        installs_from.extend(installs(&requirements, tree));
        waiting.extend(includes(&requirements, &file, tree)?);
        texts.insert(file, text);
        if texts.len() > MOST_FILES {
            return Err(PluginError::RequirementsTooLarge {
                file: FILE.to_owned(),
                limit,
            });
        }
    }
    installs_from.sort();
    installs_from.dedup();
    Ok(Gathered {
        text: texts.remove(FILE).unwrap_or_default(),
        included: texts,
        installs_from,
    })
}

fn read(tree: &Tree, file: &str, left: &mut u64, limit: u64) -> Result<String, PluginError> {
    let bytes = match tree.read(file, *left)? {
        Content::Bytes(bytes) => bytes,
        _ => {
            return Err(PluginError::RequirementsTooLarge {
                file: file.to_owned(),
                limit,
            });
        }
    };
    *left -= bytes.len() as u64;
    let invalid = |reason: &str| PluginError::RequirementsInvalid {
        file: file.to_owned(),
        line: 0,
        reason: reason.to_owned(),
    };
    let text = text::decode(&bytes).ok_or_else(|| invalid("it is not UTF-8 text"))?;
    if text.contains('\0') {
        return Err(invalid("it has NUL bytes"));
    }
    Ok(text)
}

/// The plugin's files that `-r` and `-c` name. Addresses are the installer's business.
fn includes(
    requirements: &Requirements,
    file: &str,
    tree: &Tree,
) -> Result<Vec<String>, PluginError> {
    let mut files = Vec::new();
    for line in &requirements.lines {
        let Line::Option(name, value) = &line.line else {
            continue;
        };
        if !matches!(name.as_str(), "--requirement" | "--constraint") || value.contains("://") {
            continue;
        }
        // pip reads an include relative to the file that has it.
        let folder = file.rfind('/').map_or("", |slash| &file[..=slash]);
        match relative(&format!("{folder}{value}")) {
            Some(path) if tree.has(&path) && !value.starts_with('/') => files.push(path),
            _ => {
                let reason = format!("{value:?} is not among the plugin's files");
                return Err(PluginError::RequirementsInvalid {
                    file: file.to_owned(),
                    line: line.number,
                    reason,
                });
            }
        }
    }
    Ok(files)
}

/// The plugin's files and folders an installer will read, as far as they are there.
fn installs(requirements: &Requirements, tree: &Tree) -> Vec<String> {
    let named = requirements
        .lines
        .iter()
        .filter_map(|line| match &line.line {
            Line::Local(path) => Some(path.clone()),
            Line::Option(name, value) if matches!(name.as_str(), "--find-links" | "--editable") => {
                relative(value)
            }
            _ => None,
        });
    named
        .filter(|path| tree.has(path) || tree.has_folder(path))
        .collect()
}
