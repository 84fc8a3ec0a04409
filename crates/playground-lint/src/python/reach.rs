//! Which of the plugin's files an app leads to, by imports anywhere in them.

use std::collections::{BTreeMap, VecDeque};

use ruff_python_ast::Stmt;
use ruff_python_ast::visitor::{Visitor, walk_stmt};

use super::source::Source;

/// The files that each file may import, whether they are there or not.
#[derive(Debug, Default)]
pub(super) struct Reach {
    next: BTreeMap<String, Vec<String>>,
}

impl Reach {
    pub(super) fn add(&mut self, source: &Source) {
        let mut leads = Leads {
            folder: source
                .path
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder),
            files: Vec::new(),
        };
        leads.visit_body(&source.syntax.body);
        self.next.insert(source.path.clone(), leads.files);
    }

    /// The file itself and those that it leads to, in the order in which they are come by.
    pub(super) fn from(&self, file: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut waiting = VecDeque::from([file.to_owned()]);
        // A package's own file runs before any in it.
        if let Some((folder, _)) = file.rsplit_once('/') {
            waiting.extend(files_of(folder));
        }
        while let Some(file) = waiting.pop_front() {
            if let Some(next) = self.next.get(&file)
                && !found.contains(&file)
            {
                waiting.extend(next.iter().cloned());
                found.push(file);
            }
        }
        found
    }
}

struct Leads<'a> {
    folder: &'a str,
    files: Vec<String>,
}

impl Leads<'_> {
    /// The folder that a relative import begins from; none where it leaves the plugin.
    fn base(&self, level: u32) -> Option<String> {
        if level == 0 {
            return Some(String::new());
        }
        let parts: Vec<&str> = self
            .folder
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        let kept = (parts.len() + 1).checked_sub(level as usize)?;
        Some(parts[..kept].join("/"))
    }
}

impl<'a> Visitor<'a> for Leads<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.files.extend(files_of(&alias.name.replace('.', "/")));
                }
            }
            Stmt::ImportFrom(import) => {
                let Some(base) = self.base(import.level) else {
                    return;
                };
                let module = import.module.as_deref().unwrap_or_default();
                for alias in &import.names {
                    let parts = [base.as_str(), &module.replace('.', "/"), &alias.name];
                    let parts = parts.iter().filter(|part| !part.is_empty());
                    let path = parts.copied().collect::<Vec<_>>().join("/");
                    self.files.extend(files_of(&path));
                }
            }
            other => walk_stmt(self, other),
        }
    }
}

/// What may be a module on the way to `a/b`: `a.py`, `a/__init__.py`, `a/b.py`, `a/b/__init__.py`.
fn files_of(path: &str) -> Vec<String> {
    let ends = path.match_indices('/').map(|(at, _)| at);
    ends.chain([path.len()])
        .map(|end| &path[..end])
        .flat_map(|path| [format!("{path}.py"), format!("{path}/__init__.py")])
        .collect()
}

#[cfg(test)]
mod tests {
    use playground_plugin::Severity;

    use super::*;

    fn reached(files: &[(&str, &str)]) -> Vec<String> {
        let mut reach = Reach::default();
        for (path, text) in files {
            let source = super::super::source::read(path, text.as_bytes(), Severity::Error);
            reach.add(&source.unwrap().unwrap());
        }
        reach.from(files[0].0)
    }

    #[test]
    fn an_app_leads_to_what_it_imports_and_to_nothing_else() {
        let reached = reached(&[
            (
                "plugin/app.py",
                "from . import ui\ndef f():\n    from .models.small import load\n",
            ),
            ("plugin/__init__.py", ""),
            (
                "plugin/ui.py",
                "import shared, plugin.app\nfrom ..out import x\nfrom .... import y\n",
            ),
            ("plugin/models/__init__.py", "from .large import *\n"),
            ("plugin/models/large.py", ""),
            ("plugin/models/small.py", ""),
            ("plugin/train.py", "import torch\n"),
            ("shared.py", ""),
            ("out.py", ""),
            ("tests/test_app.py", "import plugin.app\n"),
        ]);
        let want = [
            "plugin/app.py",
            "plugin/__init__.py",
            "plugin/ui.py",
            "plugin/models/__init__.py",
            "plugin/models/small.py",
            "shared.py",
            "out.py",
            "plugin/models/large.py",
        ];
        assert_eq!(reached, want);
    }
}
