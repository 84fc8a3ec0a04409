//! The plugin's Python files.

mod app;
mod encoding;
mod imports;
mod known;
mod names;
mod packages;
mod reach;
mod source;

use playground_plugin::{DEFAULT_FILE, Examined, Finding, PluginError, Severity};

/// Larger files are data in Python's clothes.
const LARGEST: u64 = 1024 * 1024;

/// Reads every Python file; what is wrong with the app's own file is worse than the same elsewhere, which may never be
/// imported.
pub(crate) fn look(plugin: &Examined) -> Result<Vec<Finding>, PluginError> {
    let mut findings = Vec::new();
    let app = app_file(plugin);
    let mut imports = packages::Imports::default();
    for path in plugin.paths().filter(|path| path.ends_with(".py")) {
        let Some(bytes) = plugin.read(path, LARGEST)? else {
            continue;
        };
        let is_app = app.as_deref() == Some(path);
        let severity = match is_app {
            true => Severity::Error,
            false => Severity::Warning,
        };
        let source = match source::read(path, &bytes, severity) {
            Ok(Some(source)) => source,
            Ok(None) => continue,
            Err(wrong) => {
                findings.extend(wrong);
                continue;
            }
        };
        findings.extend(imports::look(plugin, &source, severity));
        imports.add(&source);
        if is_app {
            findings.extend(app::look(plugin, &source));
        }
    }
    if let Some(app) = &app {
        findings.extend(imports.look(plugin, app));
    }
    Ok(findings)
}

/// The file that the launcher runs, where it is one of the plugin's.
fn app_file(plugin: &Examined) -> Option<String> {
    let module = plugin
        .entrypoint()
        .map(|entrypoint| entrypoint.module().replace('.', "/"));
    let candidates = module
        .map(|path| [format!("{path}.py"), format!("{path}/__init__.py")])
        .into_iter()
        .flatten();
    candidates
        .chain([DEFAULT_FILE.to_owned()])
        .find(|path| plugin.has(path))
}
