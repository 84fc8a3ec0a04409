//! Writes the build context of a plugin archive to stdout, to look into or to build by hand:
//!
//! `context ARCHIVE BASE_IMAGE [classic] | docker build -f .synapse/Dockerfile -t plugin -`
//!
//! Environment: `CA_BUNDLE` (a file), `INDEX_URL`, `BASE_PACKAGES` (the label's JSON).

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Seek};

use playground_plugin::recipe::{BaseImage, Builder, Install, RecipeOptions};
use playground_plugin::{
    ArchiveLimits, IndexSettings, Recipe, Requested, RequirementPolicy, check, write_context,
};

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: context ARCHIVE BASE_IMAGE [classic]";
    let mut arguments = env::args().skip(1);
    let archive = File::open(arguments.next().ok_or(usage)?)?;
    let packages = env::var("BASE_PACKAGES")
        .ok()
        .map(|json| serde_json::from_str(&json))
        .transpose()?;
    let base = BaseImage {
        reference: arguments.next().ok_or(usage)?,
        packages: packages.unwrap_or_default(),
        ..BaseImage::default()
    };
    let options = RecipeOptions {
        builder: if arguments.next().is_some() {
            Builder::Classic
        } else {
            Builder::BuildKit
        },
        install: Install::Wheels,
        live: false,
        ca_bundle: env::var("CA_BUNDLE").ok().map(fs::read).transpose()?,
        index: IndexSettings {
            index_url: env::var("INDEX_URL").ok(),
            ..IndexSettings::default()
        },
    };
    let spool = env::temp_dir();
    let plugin = check(
        archive,
        &Requested::default(),
        &ArchiveLimits::default(),
        RequirementPolicy::Permissive,
        &spool,
    )?;
    let mut source = tempfile::tempfile_in(&spool)?;
    plugin.write_source(&mut source)?;
    source.rewind()?;
    write_context(
        source,
        &Recipe::new(&plugin.facts, &base, &options),
        io::stdout().lock(),
    )?;
    Ok(())
}
