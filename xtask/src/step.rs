//! Named steps with their time, so that nobody wonders what a long run is doing.

use std::time::{Duration, Instant};

use anyhow::Context as _;

/// Runs one step under its name. What it returns is printed beside the time.
#[expect(clippy::print_stdout, reason = "this is what a person watches")]
pub(crate) fn step<T: AsRef<str>>(
    name: &str,
    work: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    println!("==> {name}");
    let begun = Instant::now();
    let done = work().with_context(|| format!("{name} failed"))?;
    println!(
        "    {name}: {} ({})",
        done.as_ref(),
        seconds(begun.elapsed())
    );
    Ok(done)
}

/// A line for the person watching.
#[expect(clippy::print_stdout, reason = "this is what a person watches")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// `1.2 s`.
pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
