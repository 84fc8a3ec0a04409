//! The Playground page: made from `web/` into `web/dist`, which the binary carries.
//!
//! Cargo builds the binary again when a file of the page is newer, so nothing is made twice without need.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use crate::command::run;
use crate::node::{self, Node};
use crate::repo;
use crate::step::{say, step};

/// What the page is made of, below the repository.
const SOURCES: [&str; 9] = [
    "openapi/agent.json",
    "web/index.html",
    "web/package-lock.json",
    "web/packed.ts",
    "web/public",
    "web/src",
    "web/svelte.config.js",
    "web/tsconfig.json",
    "web/vite.config.ts",
];
/// What its types are made into, which each check does anew.
const GENERATED: &str = "schema.d.ts";

/// `cargo xtask web`: makes the page.
pub(crate) fn make() -> anyhow::Result<()> {
    build(&tools()?)
}

/// For whoever builds a binary. Where there is no Node and none can be had, the binary goes without the page and says so
/// itself; a page that cannot be made is a mistake.
pub(crate) fn make_if_possible() -> anyhow::Result<()> {
    if is_made() {
        return Ok(());
    }
    match tools() {
        Ok(node) => build(&node),
        Err(error) => {
            say(&format!("The page is left out of the binary: {error:#}"));
            Ok(())
        }
    }
}

/// Node, and the packages that the page is made with.
pub(crate) fn tools() -> anyhow::Result<Node> {
    let mut node = None;
    step("Node", || {
        let found = node::ensure()?;
        let version = found.found.clone();
        node = Some(found);
        Ok(version)
    })?;
    let node = node.ok_or_else(|| anyhow::anyhow!("Node is not there"))?;
    step("The page's packages", || packages(&node))?;
    Ok(node)
}

/// The page's types and what its compiler warns of.
pub(crate) fn check(node: &Node) -> anyhow::Result<()> {
    step("The page is checked", || {
        run(&mut node.npm(&["run", "--silent", "check"]))?;
        Ok("clean")
    })?;
    Ok(())
}

/// The page's own tests.
pub(crate) fn tests(node: &Node) -> Command {
    let mut tests = node.npm(&["test", "--silent"]);
    tests.env("NO_COLOR", "1");
    tests
}

/// Makes the page, unless it is newer than all that it is made of.
pub(crate) fn build(node: &Node) -> anyhow::Result<()> {
    step("The page is made", || {
        if is_made() {
            return Ok("there");
        }
        run(&mut node.npm(&["run", "--silent", "build"]))?;
        Ok("web/dist")
    })?;
    Ok(())
}

/// Installs what `package-lock.json` says, unless it is what was installed last.
fn packages(node: &Node) -> anyhow::Result<&'static str> {
    let web = repo::root().join("web");
    let wanted = std::fs::read(web.join("package-lock.json"))?;
    // npm removes the folder first, so this is there only after an installation that came to its end.
    let installed = web.join("node_modules/.installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok("there");
    }
    run(&mut node.npm(&["ci"]))?;
    std::fs::write(installed, wanted)?;
    Ok("installed")
}

/// Whether the page is newer than all that it is made of.
fn is_made() -> bool {
    let root = repo::root();
    let Some(made) = changed(&root.join("web/dist/index.html")) else {
        return false;
    };
    SOURCES
        .iter()
        .filter_map(|source| newest(&root.join(source)))
        .all(|source| source < made)
}

/// When the last of these files came, went or changed.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.ends_with(GENERATED) {
        return None;
    }
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| newest(&entry.path()))
        .chain(changed(path))
        .max()
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_anywhere_below_counts_and_a_generated_one_does_not() {
        let folder = std::env::temp_dir().join(format!("web-{}", std::process::id()));
        let deep = folder.join("pages/play");
        std::fs::create_dir_all(&deep).unwrap();
        let late = SystemTime::now() + std::time::Duration::from_secs(60);
        for (name, counts) in [(GENERATED, false), ("Play.svelte", true)] {
            let file = std::fs::File::create(deep.join(name)).unwrap();
            file.set_modified(late).unwrap();
            assert_eq!(newest(&folder) == Some(late), counts, "{name}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
