//! The build context that reaches the engine.

use std::io::Read;

use playground_plugin::recipe::{BaseImage, Builder, IndexSettings, Install, RecipeOptions};
use playground_plugin::{Recipe, write_context};

use crate::pack::*;

fn options() -> RecipeOptions {
    RecipeOptions {
        builder: Builder::BuildKit,
        install: Install::Wheels,
        ca_bundle: Some(b"PEM".to_vec()),
        index: IndexSettings::default(),
        live: false,
    }
}

fn context(files: &[(&str, &str)]) -> Vec<u8> {
    let plugin = check_bytes(&zip_of(files)).unwrap();
    let recipe = Recipe::new(
        &plugin.facts,
        &BaseImage {
            reference: "base".to_owned(),
            ..BaseImage::default()
        },
        &options(),
    );
    let mut source = Vec::new();
    plugin.write_source(&mut source).unwrap();
    let mut context = Vec::new();
    write_context(source.as_slice(), &recipe, &mut context).unwrap();
    context
}

/// Every entry as `type mode path content-or-target`.
fn entries(context: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(context);
    let describe = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.mtime().unwrap(), header.uid().unwrap()), (0, 0));
        let kind = header.entry_type();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let link = entry
            .link_name()
            .unwrap()
            .map(|link| format!("-> {}", link.display()));
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (
            path,
            link.unwrap_or(if kind.is_dir() {
                "folder".to_owned()
            } else {
                content
            }),
        )
    };
    archive.entries().unwrap().map(describe).collect()
}

fn find<'a>(entries: &'a [(String, String)], path: &str) -> Option<&'a str> {
    entries
        .iter()
        .find(|(name, _)| name == path)
        .map(|(_, content)| content.as_str())
}

#[test]
fn item_13_the_plugins_files_lie_apart_from_ours() {
    let mut files = plugin();
    files.extend([
        ("Dockerfile", "FROM evil"),
        (".dockerignore", "*"),
        (".synapse/Dockerfile", "FROM evil"),
        (".synapse/build/install.sh", "evil"),
    ]);
    let entries = entries(&context(&files));
    assert!(
        find(&entries, ".synapse/Dockerfile")
            .unwrap()
            .starts_with("FROM base\n")
    );
    assert_ne!(find(&entries, ".synapse/build/install.sh").unwrap(), "evil");
    for (path, content) in files {
        assert_eq!(find(&entries, &format!("app/{path}")), Some(content));
    }
    assert!(find(&entries, ".dockerignore").is_none() && find(&entries, "Dockerfile").is_none());
    let mut names: Vec<&String> = entries.iter().map(|(path, _)| path).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "every path is there once");
}

#[test]
fn the_context_is_the_same_each_time() {
    assert_eq!(context(&plugin()), context(&plugin()));
}

#[test]
fn folders_are_written_before_their_files() {
    let entries = entries(&context(&plugin()));
    let position = |path: &str| {
        entries
            .iter()
            .position(|(name, _)| name == path)
            .unwrap_or_else(|| panic!("{path}"))
    };
    for (folder, file) in [
        (".synapse/", ".synapse/Dockerfile"),
        ("app/", "app/config.yaml"),
        ("app/plugin/", "app/plugin/gradio_interface.py"),
    ] {
        assert!(position(folder) < position(file));
        assert_eq!(entries[position(folder)].1, "folder");
    }
}

#[test]
fn own_wheels_reach_the_install_step() {
    let mut files = plugin();
    files.retain(|(name, _)| *name != "requirements.txt");
    files.extend([
        (
            "requirements.txt",
            "--find-links wheels\n./wheels/a-1-py3-none-any.whl\n",
        ),
        ("wheels/a-1-py3-none-any.whl", "wheel"),
        ("wheelsX/b.whl", "no"),
    ]);
    let entries = entries(&context(&files));
    assert_eq!(
        find(&entries, ".synapse/build/wheels/a-1-py3-none-any.whl"),
        Some("-> app/wheels/a-1-py3-none-any.whl")
    );
    assert_eq!(
        find(&entries, "app/wheels/a-1-py3-none-any.whl"),
        Some("wheel")
    );
    assert!(find(&entries, ".synapse/build/wheelsX/b.whl").is_none());
}

#[test]
fn item_21_settings_reach_only_the_install_step() {
    let entries = entries(&context(&plugin()));
    let with_pem: Vec<&String> = entries
        .iter()
        .filter(|(_, content)| content.contains("PEM"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(with_pem, [".synapse/build/ca.crt"]);
}

#[test]
fn a_source_that_is_not_canonical_is_refused() {
    let recipe = Recipe::new(
        &check_bytes(&zip_of(&plugin())).unwrap().facts,
        &BaseImage::default(),
        &options(),
    );
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar_header(tar::EntryType::Symlink, 0);
    tar.append_link(&mut header, "link", "/etc/passwd").unwrap();
    let source = tar.into_inner().unwrap();
    write_context(source.as_slice(), &recipe, std::io::sink()).unwrap_err();
}
