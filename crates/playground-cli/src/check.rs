//! `playground check`: what is wrong with a plugin, where, and what to do, before anything is uploaded.

mod packing;
mod report;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use playground_plugin::{
    ArchiveLimits, Examined, Finding, PluginError, Requested, RequirementPolicy, examine,
};

use crate::exit::{Exit, Problem};
use crate::language::Language;
use crate::output::{Output, note, print, print_json};
use crate::pack::pack;
use packing::{leads_out, unpackable};
use report::Report;

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The plugin's directory, or its archive (zip, tar, tar.gz)
    #[arg(default_value = ".")]
    plugin: PathBuf,
    /// Whether requirements.txt may use pip options, as the Agent's setting of the same name has it
    #[arg(long, value_enum, default_value = "permissive")]
    requirements: Requirements,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Requirements {
    Permissive,
    Strict,
}

/// Ends with [`Exit::PluginFailed`] where there is an error; warnings alone are no failure.
pub(crate) fn run(args: &CheckArgs, output: Output) -> anyhow::Result<()> {
    let policy = match args.requirements {
        Requirements::Permissive => RequirementPolicy::Permissive,
        Requirements::Strict => RequirementPolicy::Strict,
    };
    let report = look(&args.plugin, policy)?;
    let language = Language::of_user();
    if output == Output::Json {
        print_json(&report)?;
    } else if !report.findings.is_empty() {
        print(&report.told(&args.plugin, language))?;
    }
    let summary = report.summary(&args.plugin, language);
    if report.ok {
        if output == Output::Table {
            note(&summary);
        }
        return Ok(());
    }
    Err(Problem::new(Exit::PluginFailed, summary).into())
}

/// Refuses a plugin that would fail, before it is uploaded.
pub(crate) fn refuse_broken(plugin: &Path) -> anyhow::Result<()> {
    let report = look(plugin, RequirementPolicy::Permissive)?;
    if report.ok {
        return Ok(());
    }
    let language = Language::of_user();
    note(&report.told(plugin, language));
    Err(Problem::new(Exit::PluginFailed, report.summary(plugin, language)).into())
}

fn look(plugin: &Path, policy: RequirementPolicy) -> anyhow::Result<Report> {
    if !plugin.is_dir() {
        let file =
            File::open(plugin).with_context(|| format!("{} cannot be read", plugin.display()))?;
        return look_into(file, policy, Vec::new());
    }
    // What an upload would send is looked at: files that are not packed are no part of the plugin.
    match pack(plugin) {
        Ok(packed) => {
            let links = packed.leading_out.iter();
            let findings = links.map(|(name, to)| leads_out(name, to)).collect();
            look_into(packed.file.reopen()?, policy, findings)
        }
        Err(error) => match unpackable(plugin, &error) {
            Some(finding) => Ok(Report::of_findings(vec![finding])),
            None => Err(error.into()),
        },
    }
}

fn look_into(
    archive: File,
    policy: RequirementPolicy,
    mut findings: Vec<Finding>,
) -> anyhow::Result<Report> {
    let limits = ArchiveLimits::default();
    let examined = examine(
        archive,
        &Requested::default(),
        &limits,
        policy,
        &std::env::temp_dir(),
    );
    match examined {
        Err(error) if error.is_ours() => Err(error.into()),
        Err(error) => {
            findings.push(Finding::from(&error));
            Ok(Report::of_findings(findings))
        }
        Ok(plugin) => {
            findings.extend(all_of(&plugin)?);
            Ok(Report::of(&plugin, findings))
        }
    }
}

fn all_of(plugin: &Examined) -> Result<Vec<Finding>, PluginError> {
    let mut findings = plugin.findings();
    findings.extend(playground_lint::lint(plugin)?);
    Ok(findings)
}
