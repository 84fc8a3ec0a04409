//! What the install step reads: the requirements, where packages come from, what is allowed.

use super::{BUILD_FOLDER, BaseImage, Builder, GeneratedFile, Install, RecipeOptions, embedded};
use crate::PluginFacts;
use crate::requirements::Requirements;

/// Where the CA bundle lies in the context.
pub(crate) const CA_BUNDLE: &str = ".synapse/build/ca.crt";

/// Names of ours in [`BUILD_FOLDER`]; a file of the plugin never takes one of them.
const OURS: [&str; 8] = [
    "install.sh",
    "changes.py",
    "explain.py",
    "requirements.txt",
    "ca.crt",
    "index.env",
    "policy",
    "exclude_newer",
];
const GRADIO: &str = "gradio";
/// What the classic builder needs in place of mounts.
const CHANGES: &str = include_str!("changes.py");

/// All generated files of the install step, in fixed order.
pub(crate) fn all(
    facts: &PluginFacts,
    base: &BaseImage,
    options: &RecipeOptions,
) -> Vec<GeneratedFile> {
    let ours =
        |name: &str, bytes: Vec<u8>| GeneratedFile::new(format!("{BUILD_FOLDER}{name}"), bytes);
    let requirements = Requirements::parse(&facts.requirements);
    let mut files = embedded::build_files();
    files.push(ours(
        "requirements.txt",
        text(facts, &requirements, base).into_bytes(),
    ));
    files.push(ours("policy", policy(options.install).into()));
    // The two settings are always there, if need be empty: the install step asks for size, not for presence.
    files.push(ours("index.env", options.index.lines().into_bytes()));
    files.push(GeneratedFile::new(
        CA_BUNDLE,
        options.ca_bundle.clone().unwrap_or_default(),
    ));
    if options.builder == Builder::Classic {
        files.push(ours("changes.py", CHANGES.into()));
    }
    if let Some(day) = requirements.exclude_newer() {
        files.push(ours("exclude_newer", format!("{day}\n").into_bytes()));
    }
    for (path, text) in facts
        .included_requirements
        .iter()
        .filter(|(path, _)| !is_ours(path))
    {
        files.push(ours(path, text.clone().into_bytes()));
    }
    files
}

/// The plugin's own files and folders the install step reads beside them.
pub(crate) fn linked(facts: &PluginFacts) -> Vec<String> {
    facts
        .installs_from
        .iter()
        .filter(|path| !is_ours(path))
        .cloned()
        .collect()
}

/// Whether a path would lie on, or under, a file of ours.
fn is_ours(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    OURS.contains(&first)
}

/// The author's text, and Gradio where neither it nor the base brings it: the platform says it is always there.
fn text(facts: &PluginFacts, requirements: &Requirements, base: &BaseImage) -> String {
    let mut text = facts.requirements.clone();
    if !requirements.names_gradio() && !base.has_gradio() {
        // A line of its own, even after a last line that ends in a backslash.
        text.push_str("\n\n");
        text.push_str(GRADIO);
        text.push('\n');
    }
    text
}

fn policy(install: Install) -> &'static str {
    match install {
        Install::Wheels => "wheels\n",
        Install::Source => "source\n",
    }
}
