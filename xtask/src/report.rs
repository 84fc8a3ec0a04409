//! What ran, at which level, and what came of it.

use std::fmt::Write as _;
use std::time::Duration;

use crate::step::seconds;

/// The levels that ARCHITECTURE.md names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Pure: parsers, archives, Dockerfiles, decisions.
    L0,
    /// The store on real SQLite.
    L1,
    /// The loop on a scripted engine.
    L2,
    /// Every route and every error.
    L3,
    /// The gateway on real sockets.
    L4,
    /// A real Docker Engine and real Gradio.
    L5,
    /// The real SDK and other people's tools.
    L6,
    /// Pages in a real browser.
    L7,
    /// Killed and loaded, for a bounded time.
    L8,
    /// What holds for the output of all of them.
    Output,
}

impl Level {
    /// Every level there is so far.
    pub(crate) const ALL: [Self; 10] = [
        Self::L0,
        Self::L1,
        Self::L2,
        Self::L3,
        Self::L4,
        Self::L5,
        Self::L6,
        Self::L7,
        Self::L8,
        Self::Output,
    ];

    fn what(self) -> &'static str {
        match self {
            Self::L0 => "pure: parsers, archives, recipes, decisions, launcher parts",
            Self::L1 => "the store on real SQLite",
            Self::L2 => "the loop on a scripted engine, failed and killed at every step",
            Self::L3 => "routes, errors, client and command line",
            Self::L4 => "the gateway between real sockets",
            Self::L5 => "real Docker Engine, real Gradio",
            Self::L6 => "the real synapse-sdk, gradio_client, schemathesis",
            Self::L7 => "the apps and the page in a real Chromium",
            Self::L8 => "Agent and engine killed under load, then compared",
            Self::Output => "all that these printed and logged",
        }
    }

    /// Whether Agents run at this level, and log.
    pub(crate) fn has_agents(self) -> bool {
        matches!(self, Self::L3 | Self::L5 | Self::L6 | Self::L7)
    }
}

/// Tests that passed, failed and were left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// The sum of what test runners say in their closing lines: `test result: ok. 3 passed; 0 failed; 1 ignored` and
    /// `3 passed, 0 failed, 1 skipped` alike, and `Tests  1 failed | 3 passed (4)`.
    pub(crate) fn in_text(text: &str) -> Self {
        let mut counts = Self::default();
        for line in text.lines().map(str::trim) {
            let is_closing = line.starts_with("test result:")
                || (line.starts_with("Tests  ") && line.ends_with(')'))
                || line.split_once(' ').is_some_and(|(number, rest)| {
                    number.parse::<u64>().is_ok()
                        && rest.starts_with("passed, ")
                        && rest.contains(" failed")
                });
            if is_closing {
                counts.add(Self::in_line(line));
            }
        }
        counts
    }

    fn in_line(line: &str) -> Self {
        let words: Vec<&str> = line
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let before = |name: &str| {
            words
                .windows(2)
                .find(|pair| pair[1] == name)
                .and_then(|pair| pair[0].parse().ok())
                .unwrap_or(0)
        };
        Self {
            passed: before("passed"),
            failed: before("failed"),
            skipped: before("ignored") + before("skipped"),
        }
    }
}

/// Everything that ran.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    level: Level,
    name: String,
    counts: Counts,
    time: Duration,
}

impl Report {
    /// Takes one suite in.
    pub(crate) fn add(&mut self, level: Level, name: &str, counts: Counts, time: Duration) {
        self.0.push(Entry {
            level,
            name: name.to_owned(),
            counts,
            time,
        });
    }

    /// Whether anything failed.
    pub(crate) fn has_failures(&self) -> bool {
        self.failures().next().is_some()
    }

    /// The suites of which something failed.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (Level, &str)> {
        let failed = self.0.iter().filter(|entry| entry.counts.failed > 0);
        failed.map(|entry| (entry.level, entry.name.as_str()))
    }

    /// The table, and the closing line.
    pub(crate) fn text(&self, wanted: &[Level]) -> String {
        let mut text = String::new();
        let mut all = Counts::default();
        for level in Level::ALL {
            let entries = self.0.iter().filter(|entry| entry.level == level);
            let mut sum = Counts::default();
            let mut time = Duration::ZERO;
            let mut lines = String::new();
            for Entry {
                name,
                counts,
                time: took,
                ..
            } in entries
            {
                sum.add(*counts);
                time += *took;
                let Counts {
                    passed,
                    failed,
                    skipped,
                } = counts;
                let took = seconds(*took);
                writeln!(
                    lines,
                    "     {name:<49} {passed:>5} {failed:>6} {skipped:>7} {took:>9}"
                )
                .unwrap_or_default();
            }
            let Counts {
                passed,
                failed,
                skipped,
            } = sum;
            let took = if wanted.contains(&level) {
                seconds(time)
            } else {
                "not asked".to_owned()
            };
            let title = format!("{level:?}  {}", level.what());
            writeln!(
                text,
                "{title:<70}\n     {:<49} {passed:>5} {failed:>6} {skipped:>7} {took:>9}",
                "in all"
            )
            .unwrap_or_default();
            text.push_str(&lines);
            all.add(sum);
        }
        let header = format!(
            "{:<54} {:>5} {:>6} {:>7} {:>9}\n",
            "", "passed", "failed", "skipped", "time"
        );
        let Counts {
            passed,
            failed,
            skipped,
        } = all;
        format!("{header}{text}\n{passed} passed, {failed} failed, {skipped} skipped\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_all_kinds_are_summed() {
        let text = "noise\ntest result: ok. 12 passed; 1 failed; 2 ignored; 0 measured\n3 passed, 0 failed, 1 skipped\n      Tests  1 failed | 4 passed | 2 skipped (7)\n";
        assert_eq!(
            Counts::in_text(text),
            Counts {
                passed: 19,
                failed: 2,
                skipped: 5
            }
        );
    }

    #[test]
    fn other_lines_with_numbers_count_for_nothing() {
        assert_eq!(
            Counts::in_text("10 passed in 2 s\nall 3 passed"),
            Counts::default()
        );
    }
}
