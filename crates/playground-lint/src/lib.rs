//! What would keep a plugin from coming up and can be read in its text, without running any of it.
//!
//! ```text
//! Examined (what intake sees) ─┬▶ manifest ──────▶ keys written twice
//!                              ├▶ python/* ──────▶ syntax, the app's name, modules that are not there, packages that nobody asks for
//!                              └▶ requirements/* ▶ lines that are no requirement, versions that exclude each other
//! ```
//!
//! **Guarantees.** What is called an error here fails in the build or in the launcher, and is called by the same word as that
//! failure, or as what intake refuses for the same mistake. Everything else is a warning. Nothing is installed, imported or asked of a network.
//!
//! **Caveats.** The grammar is that of the newest Python: newer syntax than the base image's is not seen. Only intake
//! ([`playground_plugin::examine`]) decides what an Agent takes; it does not use this crate.

mod manifest;
mod python;
mod requirements;
mod tell;

use playground_plugin::{Examined, Finding, PluginError};

/// Looks at a plugin beyond what intake refuses.
///
/// # Errors
///
/// [`PluginError::Spool`] for our own disk.
pub fn lint(plugin: &Examined) -> Result<Vec<Finding>, PluginError> {
    let mut findings = Vec::new();
    findings.extend(manifest::look(plugin)?);
    findings.extend(python::look(plugin)?);
    findings.extend(requirements::look(plugin));
    Ok(findings)
}
