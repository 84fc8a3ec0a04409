//! Looks for the tokens of the tests in all that the tests printed and logged (docs/security.md, item 50).

use std::fmt;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::report::{Counts, Level};

/// Part of every token that a suite uses.
const MARK: &str = "5ec2e7ca9a59";
/// The most talkative log there is, but for the frames of the builds: they carry archives, a hundred megabytes of them.
pub(crate) const RUST_LOG: &str = "trace,h2=info";
/// What only lines of that log have.
const TRACE: &str = " TRACE ";
/// Letters shown of a line.
const SHOWN: usize = 300;
/// Lines shown, where one mistake is in a thousand of them.
const MOST: usize = 10;

/// What was searched, and what was found.
#[derive(Debug, Default)]
pub(crate) struct Searched {
    files: usize,
    bytes: usize,
    /// File, number and text of each line with a token.
    hits: Vec<String>,
    /// Levels whose Agents did not log all they can.
    silent: Vec<Level>,
}

/// Looks through every file below a folder that has one for each level.
pub(crate) fn search(folder: &Path, levels: &[Level]) -> anyhow::Result<Searched> {
    let mut searched = Searched::default();
    for level in levels {
        let mut has_trace = false;
        for file in files(&folder.join(format!("{level:?}"))) {
            has_trace |= searched
                .read(&file)
                .with_context(|| format!("{} could not be read", file.display()))?;
        }
        if level.has_agents() && !has_trace {
            searched.silent.push(*level);
        }
    }
    Ok(searched)
}

/// Every file below a folder, which need not be there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.flatten().map(|entry| entry.path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

impl Searched {
    /// Whether the file has the most talkative log in it.
    fn read(&mut self, path: &Path) -> anyhow::Result<bool> {
        self.files += 1;
        let mut has_trace = false;
        for (line, number) in BufReader::new(File::open(path)?).split(b'\n').zip(1..) {
            let line = line?;
            self.bytes += line.len() + 1;
            let text = String::from_utf8_lossy(&line);
            has_trace |= text.contains(TRACE);
            if text.contains(MARK) {
                let shown: String = text.chars().take(SHOWN).collect();
                self.hits
                    .push(format!("{}:{number}: {shown}", path.display()));
            }
        }
        Ok(has_trace)
    }

    /// One check.
    pub(crate) fn counts(&self) -> Counts {
        let passed = self.hits.is_empty() && self.silent.is_empty();
        Counts {
            passed: u64::from(passed),
            failed: u64::from(!passed),
            skipped: 0,
        }
    }

    /// Why it failed, if it did.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = String> {
        let hits = self
            .hits
            .iter()
            .take(MOST)
            .map(|hit| format!("a token was told: {hit}"));
        let silent = self.silent.iter();
        hits.chain(silent.map(|level| format!("{level:?} has no trace log that could be searched")))
    }
}

impl fmt::Display for Searched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            files, bytes, hits, ..
        } = self;
        let mebibytes = bytes.div_ceil(1024 * 1024);
        let hits = hits.len();
        write!(f, "{files} files, {mebibytes} MiB searched, {hits} hits")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_wherever_it_is() {
        let folder = std::env::temp_dir().join(format!("canary-{}", std::process::id()));
        let logs = folder.join("L6/logs");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::write(
            folder.join("L6/suite.log"),
            format!("{TRACE}nothing\nhere\n"),
        )
        .unwrap();
        let clean = search(&folder, &[Level::L0, Level::L6]).unwrap();
        std::fs::write(logs.join("agent.log"), format!("\n\u{0}Token {MARK}00")).unwrap();
        let found = search(&folder, &[Level::L6]).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(clean.to_string(), "1 files, 1 MiB searched, 0 hits");
        assert_eq!((clean.counts().failed, found.counts().failed), (0, 1));
        let told = found.complaints().next().unwrap();
        assert!(told.contains("agent.log:2: \u{0}Token "), "{told}");
    }

    #[test]
    fn nothing_found_in_no_log_is_no_answer() {
        let nowhere = Path::new("/nowhere");
        assert_eq!(search(nowhere, &[Level::L3]).unwrap().counts().failed, 1);
        assert_eq!(search(nowhere, &[Level::L0]).unwrap().counts().failed, 0);
    }

    #[test]
    fn every_suite_uses_tokens_that_are_looked_for() {
        for source in [
            include_str!("../../crates/playground-agent/tests/routes/agent.rs"),
            include_str!("../../crates/playground-agent/tests/routes/backend.rs"),
            include_str!("../../crates/playground-agent/tests/support/mod.rs"),
            include_str!("../../crates/playground-cli/tests/it/run.rs"),
            include_str!("../../crates/playground-client/tests/it/stub.rs"),
            include_str!("../../python/contract/support/agent.py"),
        ] {
            assert!(source.contains(MARK), "{source}");
        }
    }
}
