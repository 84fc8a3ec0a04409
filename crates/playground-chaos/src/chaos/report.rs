//! What was done, and what was found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// What a client heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It was done, or will be.
    Yes,
    /// It could not be meant: there was nothing to do it with.
    No,
    /// The Agent or the engine was away.
    Nothing,
}

/// Everything that happened in a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    operations: BTreeMap<&'static str, [u64; 3]>,
    /// At how many kills something was in this phase.
    phases: BTreeMap<String, u64>,
    kills: u64,
    boots: Vec<Duration>,
    /// What happened to the engine.
    engine: Vec<String>,
    /// Other things worth a line.
    lines: Vec<String>,
    checks: u64,
    differences: Vec<String>,
}

impl Report {
    /// One operation of a client.
    pub(crate) fn note(&mut self, name: &'static str, heard: Heard) {
        self.operations.entry(name).or_default()[heard as usize] += 1;
    }

    /// The Agent was killed while something was in these phases.
    pub(crate) fn killed(&mut self, phases: impl IntoIterator<Item = String>) {
        self.kills += 1;
        for phase in phases {
            *self.phases.entry(phase).or_default() += 1;
        }
    }

    /// The Agent was ready again after so long.
    pub(crate) fn ready_again(&mut self, took: Duration) {
        self.boots.push(took);
    }

    /// Something happened to the engine.
    pub(crate) fn engine(&mut self, line: String) {
        self.engine.push(line);
    }

    /// A line of its own.
    pub(crate) fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    /// One thing that was compared; the sentence is only made when it does not hold.
    pub(crate) fn check(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        self.checks += 1;
        if !holds {
            self.differences.push(otherwise());
        }
    }

    /// Something that must not be.
    pub(crate) fn differs(&mut self, what: String) {
        self.check(false, || what);
    }

    /// Whether nothing was found.
    pub(crate) fn holds(&self) -> bool {
        self.differences.is_empty()
    }

    /// All of it, for a person; its last line is one that counters of tests understand.
    pub(crate) fn text(&self, title: &str) -> String {
        let mut text = format!("\n{title}\n\n");
        let mut row = |cells: [&str; 4]| {
            let [name, yes, no, nothing] = cells;
            writeln!(text, "{name:<26}{yes:>8}{no:>10}{nothing:>12}").unwrap_or_default();
        };
        row(["asked by clients", "done", "refused", "unheard"]);
        let mut all = [0; 3];
        for (name, counts) in &self.operations {
            (0..3).for_each(|column| all[column] += counts[column]);
            row_of(&mut row, name, counts);
        }
        row_of(&mut row, "in all", &all);
        self.happened(&mut text);
        let failed = self.differences.len();
        writeln!(text, "\n{} things compared, {failed} differ", self.checks).unwrap_or_default();
        for difference in &self.differences {
            writeln!(text, "  DIFFERS: {difference}").unwrap_or_default();
        }
        let passed = self.checks - failed as u64;
        writeln!(text, "{passed} passed, {failed} failed, 0 skipped").unwrap_or_default();
        text
    }

    fn happened(&self, text: &mut String) {
        let mut lines = vec![String::new()];
        if self.kills > 0 {
            lines.extend(self.killings());
        }
        lines.extend(self.engine.iter().chain(&self.lines).cloned());
        text.push_str(&lines.join("\n"));
        text.push('\n');
    }

    fn killings(&self) -> Vec<String> {
        let phases: Vec<String> = self
            .phases
            .iter()
            .map(|(phase, kills)| format!("{phase} {kills}"))
            .collect();
        let mut lines = vec![
            format!("the Agent was killed {} times with SIGKILL", self.kills),
            format!("  while there were: {}", phases.join(", ")),
        ];
        let mut boots = self.boots.clone();
        boots.sort_unstable();
        if let (Some(middle), Some(longest)) = (boots.get(boots.len() / 2), boots.last()) {
            lines.push(format!(
                "  and ready again in {middle:.2?} (median), {longest:.2?} at most"
            ));
        }
        lines
    }
}

fn row_of(row: &mut impl FnMut([&str; 4]), name: &str, counts: &[u64; 3]) {
    let [yes, no, nothing] = counts.map(|count| count.to_string());
    row([name, &yes, &no, &nothing]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_difference_fails_the_run_and_is_told() {
        let mut report = Report::default();
        report.check(true, || "not this".to_owned());
        assert!(report.holds());
        report.check(false, || "port 7861 is open".to_owned());
        assert!(!report.holds());
        let text = report.text("A run");
        assert!(text.contains("DIFFERS: port 7861 is open"), "{text}");
        assert!(text.contains("1 passed, 1 failed, 0 skipped"), "{text}");
    }
}
