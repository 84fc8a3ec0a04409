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
use crate::interrupt::aside;
use crate::language::{Language, say};
use crate::output::{Output, has_colour, has_colour_beside, note, print, print_json};
use crate::pack::{Unpackable, pack};
use crate::upload::Source;
pub(crate) use packing::in_korean;
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

/// How much is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rigour {
    /// What would fail in any case.
    Usual,
    /// For an app that runs: what would end it where it is used, too.
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
        print(&report.told(&args.plugin, language, has_colour()))?;
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

/// Refuses a plugin that would fail, before it is uploaded; gives what to upload, and what there is to say of it all the
/// same. What was packed is what is looked at.
pub(crate) async fn refuse_broken(
    plugin: &Path,
    packed: anyhow::Result<Source>,
    rigour: Rigour,
) -> anyhow::Result<(Source, String)> {
    let source = packed.or_else(|error| refuse_unpackable(plugin, error))?;
    let (source, report) = aside(move || {
        let report = look_at(&source, RequirementPolicy::Permissive)?;
        Ok((source, report))
    })
    .await?;
    let report = match rigour {
        Rigour::Usual => report,
        Rigour::Strict => report.strict(),
    };
    let told = report.told(plugin, Language::of_user(), has_colour_beside());
    match report.ok {
        true => Ok((source, told)),
        false => Err(refused(plugin, &report)),
    }
}

fn refuse_unpackable<T>(plugin: &Path, error: anyhow::Error) -> anyhow::Result<T> {
    let why = error.downcast_ref::<Unpackable>();
    match why.and_then(|why| unpackable(plugin, why)) {
        Some(finding) => Err(refused(plugin, &Report::of_findings(vec![finding]))),
        None => Err(error),
    }
}

/// Tells what was found; the error counts it.
fn refused(plugin: &Path, report: &Report) -> anyhow::Error {
    let language = Language::of_user();
    note(&report.told(plugin, language, has_colour_beside()));
    Problem::new(Exit::PluginFailed, report.summary(plugin, language)).into()
}

fn look(plugin: &Path, policy: RequirementPolicy) -> anyhow::Result<Report> {
    // What an upload would send is looked at: files that are not packed are no part of the plugin.
    let source = match plugin.is_dir() {
        false => Source::Archive(plugin.to_owned()),
        true => match pack(plugin) {
            Ok(packed) => Source::Packed(packed),
            Err(error) => {
                return match unpackable(plugin, &error) {
                    Some(finding) => Ok(Report::of_findings(vec![finding])),
                    None => Err(error.into()),
                };
            }
        },
    };
    look_at(&source, policy)
}

fn look_at(source: &Source, policy: RequirementPolicy) -> anyhow::Result<Report> {
    match source {
        Source::Packed(packed) => {
            let links = packed.leading_out.iter();
            let findings = links.map(|(name, to)| leads_out(name, to)).collect();
            look_into(packed.file.reopen()?, policy, findings)
        }
        Source::Archive(path) => {
            let file = File::open(path).with_context(|| {
                let shown = path.display();
                say(
                    format!("{shown} cannot be read"),
                    format!("파일을 읽을 수 없습니다: {shown}"),
                )
            })?;
            look_into(file, policy, Vec::new())
        }
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
