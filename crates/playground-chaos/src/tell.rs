//! Lines for the person watching.

/// Prints one.
#[expect(clippy::print_stdout, reason = "this is what a person watches")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
