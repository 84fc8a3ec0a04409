//! Imports of the plugin's own modules that are not there.
//!
//! Only imports that always run: those in `try`, `if` and functions may be meant to fail, or never happen.

use playground_plugin::{Examined, Finding, Severity};
use playground_types::Cause;
use ruff_python_ast::{Stmt, StmtImport, StmtImportFrom};

use super::LARGEST;
use super::source::Source;
use crate::tell::failure;

pub(crate) fn look(plugin: &Examined, source: &Source, severity: Severity) -> Vec<Finding> {
    let missing = |stmt: &Stmt| {
        let modules = match stmt {
            Stmt::Import(import) => imported(import),
            Stmt::ImportFrom(import) => vec![imported_from(import)],
            _ => Vec::new(),
        };
        let module = modules
            .into_iter()
            .find(|module| is_missing(module, plugin, &source.path))?;
        let cause = Cause::MissingOwnModule { module };
        Some(failure(severity, source.place(stmt), &cause))
    };
    source.syntax.body.iter().filter_map(missing).collect()
}

fn imported(import: &StmtImport) -> Vec<String> {
    let names = import.names.iter();
    names.map(|alias| alias.name.to_string()).collect()
}

/// With the dots of a relative import before it.
fn imported_from(import: &StmtImportFrom) -> String {
    let dots = ".".repeat(import.level as usize);
    let module = import.module.as_ref().map_or("", |module| module.as_str());
    format!("{dots}{module}")
}

fn is_missing(module: &str, plugin: &Examined, file: &str) -> bool {
    let name = module.trim_start_matches('.');
    let level = module.len() - name.len();
    if name.is_empty() {
        return false;
    }
    let path = name.replace('.', "/");
    if level == 0 {
        // An installed package may have the name of a folder, but not of a package of the plugin: that one comes first.
        let first = path.split('/').next().unwrap_or_default();
        return plugin.has(&format!("{first}/__init__.py")) && !is_there(&path, plugin);
    }
    let mut folder = file.split('/').collect::<Vec<_>>();
    if level >= folder.len() {
        // Leaves the plugin: the import fails whatever is there, and with a sentence of its own.
        return false;
    }
    folder.truncate(folder.len() - level);
    !is_there(&format!("{}/{path}", folder.join("/")), plugin)
}

/// A module's file, a package's folder, something compiled, or something that is made while its parent runs.
fn is_there(path: &str, plugin: &Examined) -> bool {
    plugin.has(&format!("{path}.py"))
        || plugin.has_folder(path)
        || is_compiled(path, plugin)
        || parents(path).any(|parent| makes_modules(parent, plugin))
}

/// `a/b/c` -> `a/b`, `a`.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.rmatch_indices('/').map(|(at, _)| &path[..at])
}

/// Modules below a plain file can only be made by it (`six.moves` is); a package that does so says one of these words.
fn makes_modules(parent: &str, plugin: &Examined) -> bool {
    const WORDS: [&[u8]; 3] = [b"sys.modules", b"meta_path", b"__path__"];
    if plugin.has(&format!("{parent}.py")) {
        return true;
    }
    let package = plugin.read(&format!("{parent}/__init__.py"), LARGEST);
    let text = package.ok().flatten().unwrap_or_default();
    WORDS
        .iter()
        .any(|word| text.windows(word.len()).any(|part| part == *word))
}

fn is_compiled(path: &str, plugin: &Examined) -> bool {
    plugin
        .paths()
        .filter_map(|other| other.strip_prefix(path))
        .any(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_named_from_the_inside() {
        assert_eq!(parents("a/b/c").collect::<Vec<_>>(), ["a/b", "a"]);
        assert!(parents("a").next().is_none());
    }
}
