//! Imports of packages that no line of `requirements.txt` names.
//!
//! A warning at most: what a requirement brings along, or another base image has, is not known here. Only files that the
//! app leads to are looked at, and in them only imports that always run.

use std::collections::{BTreeMap, BTreeSet};

use playground_plugin::requirements::{Line, Requirements};
use playground_plugin::{Examined, Finding, Place};
use ruff_python_ast::Stmt;

use super::known::{is_there_anyway, package_of};
use super::reach::Reach;
use super::source::Source;
use crate::tell::warning;

/// Options of pip that bring no package by themselves.
const HARMLESS: [&str; 8] = [
    "--index-url",
    "--extra-index-url",
    "--trusted-host",
    "--constraint",
    "--pre",
    "--prefer-binary",
    "--only-binary",
    "--no-binary",
];

/// The modules that each file imports whenever it runs, the first part of their names, and where.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    files: BTreeMap<String, Vec<(String, Place)>>,
    reach: Reach,
}

impl Imports {
    pub(crate) fn add(&mut self, source: &Source) {
        self.reach.add(source);
        let imports = source.syntax.body.iter().flat_map(|stmt| {
            let modules = always_imported(stmt).into_iter();
            modules.map(|module| (module, source.place(stmt)))
        });
        self.files.insert(source.path.clone(), imports.collect());
    }

    /// Each module once, where the app comes by first.
    pub(crate) fn look(&self, plugin: &Examined, app: &str) -> Vec<Finding> {
        let Some(required) = Required::by(plugin) else {
            return Vec::new();
        };
        let own = own_names(plugin);
        let mut told = BTreeSet::new();
        let mut findings = Vec::new();
        for (module, place) in self
            .reach
            .from(app)
            .iter()
            .filter_map(|file| self.files.get(file))
            .flatten()
        {
            let is_known = own.contains(module.as_str())
                || is_there_anyway(module, required.is_gradio_chosen)
                || required.may_have(module);
            if !is_known && told.insert(module) {
                findings.push(unprovided(module, place.clone()));
            }
        }
        findings
    }
}

fn always_imported(stmt: &Stmt) -> Vec<String> {
    let first = |module: &str| module.split('.').next().unwrap_or_default().to_owned();
    match stmt {
        Stmt::Import(import) => {
            let names = import.names.iter();
            names.map(|alias| first(&alias.name)).collect()
        }
        Stmt::ImportFrom(import) if import.level == 0 => {
            import.module.iter().map(|module| first(module)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whatever is called so in the plugin, wherever it is: the path of imports may be changed on the way.
fn own_names(plugin: &Examined) -> BTreeSet<&str> {
    let parts = plugin.paths().flat_map(|path| path.split('/'));
    parts.filter_map(|part| part.split('.').next()).collect()
}

/// What `requirements.txt` names.
struct Required<'a> {
    packages: Vec<&'a str>,
    is_gradio_chosen: bool,
}

impl<'a> Required<'a> {
    /// Nothing where a line, or a wheel beside it, may bring anything.
    fn by(plugin: &'a Examined) -> Option<Self> {
        let has_wheels = plugin.paths().any(|path| path.ends_with(".whl"));
        let files = plugin.requirements().map(|(_, requirements)| requirements);
        let required = Self::of(files)?;
        (!has_wheels).then_some(required)
    }

    fn of(files: impl Iterator<Item = &'a Requirements>) -> Option<Self> {
        let mut packages = Vec::new();
        let mut is_gradio_chosen = false;
        for line in files.flat_map(|requirements| &requirements.lines) {
            match &line.line {
                Line::Package(package) => {
                    let name = package.name.as_ref();
                    is_gradio_chosen |= name == "gradio" && !package.versions.is_empty();
                    packages.push(name);
                }
                Line::Option(name, _) if HARMLESS.contains(&name.as_str()) => {}
                Line::Option(..) | Line::Local(_) | Line::Other => return None,
            }
        }
        Some(Self {
            packages,
            is_gradio_chosen,
        })
    }

    /// Whether one of the packages has the module, by all that names tell: `opencv-contrib-python` is a kind of
    /// `opencv-python-headless`, `python-slugify` has `slugify`.
    fn may_have(&self, module: &str) -> bool {
        let package = package_of(module);
        let family = package.split('-').next().unwrap_or_default();
        let module = module.to_lowercase().replace('_', "");
        self.packages.iter().any(|name| {
            name.split('-').next() == Some(family) || name.replace('-', "").contains(&module)
        })
    }
}

fn unprovided(module: &str, place: Place) -> Finding {
    let package = package_of(module);
    warning(
        "import_not_required",
        place,
        (
            format!("no requirement provides `{module}`, unless another package brings it along"),
            format!("Add `{package}` to requirements.txt."),
        ),
        (
            format!(
                "requirements.txt에 이 모듈의 패키지가 없습니다: `{module}`. 다른 패키지와 함께 설치될 수도 있습니다."
            ),
            format!("requirements.txt에 다음 패키지를 추가하세요: `{package}`"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may_have(requirements: &str, module: &str) -> Option<bool> {
        let requirements = Requirements::parse(requirements);
        let required = Required::of(std::iter::once(&requirements))?;
        Some(required.may_have(module))
    }

    #[test]
    fn a_requirement_has_the_modules_that_its_name_promises() {
        for (requirement, module) in [
            ("torch>=2", "torch"),
            ("opencv-contrib-python", "cv2"),
            ("opencv-python", "cv2"),
            ("scikit_learn", "sklearn"),
            ("Sentence.Transformers", "sentence_transformers"),
            ("python-slugify", "slugify"),
            ("umap-learn", "umap"),
            ("biopython", "Bio"),
            ("faiss-gpu; sys_platform == 'linux'", "faiss"),
            (
                "--extra-index-url https://example.com/\ntorch==2.4.0+cpu",
                "torch",
            ),
        ] {
            assert_eq!(may_have(requirement, module), Some(true), "{requirement}");
        }
        assert_eq!(may_have("# nothing\n", "torch"), Some(false));
        assert_eq!(may_have("torchvision\nnumpy", "cv2"), Some(false));
    }

    #[test]
    fn what_may_bring_anything_keeps_everything_quiet() {
        for line in [
            "-r more.txt",
            "-e .",
            "--find-links wheels",
            "./wheels/a-1.0-py3-none-any.whl",
            "git+https://example.com/a.git",
            "a @ https://example.com/a.whl",
        ] {
            assert_eq!(may_have(line, "torch"), None, "{line}");
        }
    }
}
