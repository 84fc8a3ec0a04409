//! Requirement files.

mod gradio;
mod lines;
mod versions;

use playground_plugin::{Examined, Finding};

pub(crate) fn look(plugin: &Examined) -> Vec<Finding> {
    let files: Vec<_> = plugin.requirements().collect();
    let mut findings = Vec::new();
    for (file, requirements) in &files {
        findings.extend(lines::look(plugin, file, requirements));
    }
    let conflicts = versions::look(&files);
    if conflicts.is_empty() {
        findings.extend(gradio::look(&files));
    }
    findings.extend(conflicts);
    findings
}
