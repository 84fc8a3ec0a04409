//! What is going on: bars where a terminal can show them, plain lines everywhere else.

use std::collections::VecDeque;
use std::sync::LazyLock;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressFinish, ProgressStyle};
use tokio::time::Instant;

use crate::human::{plain, seconds};
use crate::language::say;
use crate::output::{has_motion, note};

/// Log lines shown below a running step.
const TAIL: usize = 6;
const TICK: Duration = Duration::from_millis(120);
/// Everything that moves does so together: one terminal has one lower end.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Prints something while other things may move, which are drawn again below it.
pub(crate) fn above_bars<T>(print: impl FnOnce() -> T) -> T {
    BARS.suspend(print)
}

/// All that moves at a time.
#[derive(Debug)]
pub(crate) struct Progress {
    bars: Option<MultiProgress>,
    /// What goes well leaves no line.
    is_brief: bool,
}

/// Something that takes its time.
#[derive(Debug)]
pub(crate) struct Step {
    name: String,
    begun: Instant,
    bar: Option<ProgressBar>,
    is_brief: bool,
    tail: VecDeque<String>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            bars: has_motion().then(|| BARS.clone()),
            is_brief: false,
        }
    }

    /// The same for what is done again and again: it moves where it can, and leaves no line.
    pub(crate) fn brief() -> Self {
        Self {
            is_brief: true,
            ..Self::new()
        }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        let text = plain(text);
        match &self.bars {
            Some(bars) => drop(bars.println(text)),
            None => note(&text),
        }
    }

    /// A step that begins now.
    pub(crate) fn step(&self, name: impl Into<String>) -> Step {
        let name = plain(&name.into());
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(style("{spinner} {msg}"));
            bar.set_message(name.clone());
            bar.enable_steady_tick(TICK);
            bar
        });
        if bar.is_none() && !self.is_brief {
            note(&format!("{name} ..."));
        }
        Step {
            name,
            begun: Instant::now(),
            bar,
            is_brief: self.is_brief,
            tail: VecDeque::new(),
        }
    }

    /// Something short, only shown where it can move.
    pub(crate) fn waiting(&self, name: String) -> ProgressBar {
        let Some(bars) = &self.bars else {
            return ProgressBar::hidden();
        };
        let bar = bars.add(passing(ProgressBar::new_spinner()));
        bar.set_style(style("{spinner} {msg} {elapsed}"));
        bar.set_message(name);
        bar.enable_steady_tick(TICK);
        bar
    }

    /// A bar for this many bytes; moves nothing where it cannot be seen.
    pub(crate) fn upload(&self, bytes: u64) -> ProgressBar {
        let Some(bars) = &self.bars else {
            return ProgressBar::hidden();
        };
        let bar = bars.add(passing(ProgressBar::new(bytes)));
        bar.set_style(style(&format!(
            "{} {{bar:30}} {{binary_bytes}}/{{binary_total_bytes}} {{binary_bytes_per_sec}}",
            say("uploading", "올리는 중")
        )));
        bar
    }
}

impl Step {
    /// Says what it is about now.
    pub(crate) fn rename(&mut self, name: impl Into<String>) {
        self.name = plain(&name.into());
        if self.bar.is_none() && !self.is_brief {
            note(&format!("{} ...", self.name));
        }
        self.tail.clear();
        self.show();
    }

    /// Shows a line of its log, and the few before it.
    pub(crate) fn log(&mut self, line: &str) {
        let line = plain(line);
        if self.bar.is_none() {
            note(&format!("  | {line}"));
            return;
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
        self.show();
    }

    /// A line that stays, above it.
    pub(crate) fn line(&self, text: &str) {
        let text = plain(text);
        match &self.bar {
            Some(bar) => bar.println(text),
            None => note(&text),
        }
    }

    /// Ends it with a line that says how long it took.
    pub(crate) fn done(self, remark: &str) {
        let took = seconds(self.begun.elapsed());
        let line = if remark.is_empty() {
            format!("{}  {took}", self.name)
        } else {
            format!("{}  {took}  {}", self.name, plain(remark))
        };
        match &self.bar {
            // Cleared when it is dropped.
            _ if self.is_brief => {}
            Some(bar) => bar.println(line),
            None => note(&line),
        }
    }

    fn show(&self) {
        if let Some(bar) = &self.bar {
            let width = usize::from(console::Term::stderr().size().1).saturating_sub(6);
            let mut text = self.name.clone();
            for line in &self.tail {
                text.push_str("\n  | ");
                text.push_str(&console::truncate_str(line, width, "..."));
            }
            bar.set_message(text);
        }
    }
}

impl Drop for Step {
    /// A step that did not end well leaves the terminal clean.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A bar that leaves the terminal clean however it ends.
fn passing(bar: ProgressBar) -> ProgressBar {
    bar.with_finish(ProgressFinish::AndClear)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
