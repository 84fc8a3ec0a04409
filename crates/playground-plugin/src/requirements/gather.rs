//! `requirements.txt` with the files it includes, from the plugin's own files.

use std::collections::BTreeMap;

use super::line::{Line, relative};
use super::{RequirementPolicy, Requirements};
use crate::error::NOT_TEXT;
use crate::tree::{Content, Tree};
use crate::{Place, PluginError, Said, text};

/// The file an installation begins with.
pub(crate) const FILE: &str = "requirements.txt";
/// Files one plugin may include; real ones have one or two.
const MOST_FILES: usize = 32;
const NUL_BYTES: Said = Said {
    en: "it has NUL bytes",
    ko: "NUL 바이트가 있습니다",
};

/// All requirement files of a plugin.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// The text of [`FILE`]; empty where there is none.
    pub(crate) text: String,
    /// The included files.
    pub(crate) included: BTreeMap<String, String>,
    /// Files and folders that lines of any of them name.
    pub(crate) installs_from: Vec<String>,
    /// What all these files say, by path.
    pub(crate) files: BTreeMap<String, Requirements>,
}

/// Reads the files, judges every line, and refuses includes that are not there: a mistake keeps nothing else from being
/// read. `limit` is in bytes, for all together.
pub(crate) fn gather(
    tree: &Tree,
    limit: u64,
    policy: RequirementPolicy,
    errors: &mut Vec<PluginError>,
) -> Gathered {
    let mut gathered = Gathered::default();
    let mut left = limit;
    let mut waiting: Vec<String> = tree
        .has(FILE)
        .then(|| FILE.to_owned())
        .into_iter()
        .collect();
    while let Some(file) = waiting.pop() {
        if gathered.files.contains_key(&file) {
            continue;
        }
        if gathered.files.len() == MOST_FILES {
            errors.push(too_large(FILE, limit));
            break;
        }
        let text = match read(tree, &file, &mut left, limit) {
            Ok(text) => text,
            Err(error) => {
                errors.push(error);
                String::new()
            }
        };
        let requirements = Requirements::parse(&text);
        errors.extend(requirements.not_allowed(&file, policy));
        gathered.installs_from.extend(installs(&requirements, tree));
        waiting.extend(includes(&requirements, &file, tree, errors));
        gathered.included.insert(file.clone(), text);
        gathered.files.insert(file, requirements);
    }
    gathered.installs_from.sort();
    gathered.installs_from.dedup();
    gathered.text = gathered.included.remove(FILE).unwrap_or_default();
    gathered
}

fn too_large(file: &str, limit: u64) -> PluginError {
    PluginError::RequirementsTooLarge {
        file: file.to_owned(),
        limit,
    }
}

fn read(tree: &Tree, file: &str, left: &mut u64, limit: u64) -> Result<String, PluginError> {
    let Content::Bytes(bytes) = tree.read(file, *left)? else {
        return Err(too_large(file, limit));
    };
    *left -= bytes.len() as u64;
    let invalid = |line, reason| PluginError::RequirementsInvalid {
        place: Place::file(file).line(line),
        reason,
    };
    let text =
        text::decode(&bytes).ok_or_else(|| invalid(text::first_bad_line(&bytes), NOT_TEXT))?;
    match text.lines().position(|line| line.contains('\0')) {
        Some(at) => Err(invalid(1 + at as u64, NUL_BYTES)),
        None => Ok(text),
    }
}

/// The plugin's files that `-r` and `-c` name. Addresses are the installer's business.
fn includes(
    requirements: &Requirements,
    file: &str,
    tree: &Tree,
    errors: &mut Vec<PluginError>,
) -> Vec<String> {
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
            _ => errors.push(PluginError::IncludeMissing {
                place: Place::file(file).line(line.number),
                included: value.clone(),
            }),
        }
    }
    files
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
