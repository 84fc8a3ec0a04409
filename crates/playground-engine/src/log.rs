//! What a container printed.

use playground_types::Timestamp;

/// Which lines to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogOptions {
    /// At most this many of the last lines; `None` is all that is kept.
    pub tail: Option<u32>,
    /// Wait for more while the container runs.
    pub follow: bool,
    /// Only lines from this time on. Docker counts in whole seconds, so earlier lines of that second come too.
    pub since: Option<Timestamp>,
}

/// One whole line that a container printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Where it was printed to.
    pub stream: LogSource,
    /// When, by the engine's clock.
    pub at: Option<Timestamp>,
    /// The text, without its end; bytes that are no UTF-8 are replaced, and a very long line is cut.
    pub text: String,
}

/// Where a line was printed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogSource {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}
