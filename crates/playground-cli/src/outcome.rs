//! What became of something that was named: a line for people, an object for programs.

use serde_json::{Value, json};

use crate::output::{Output, print, print_json};

/// A line for people and a value for programs.
pub(crate) type Shown = (String, Value);

/// A name and a status. The status is the same word in every language: scripts read it.
pub(crate) fn outcome(id: &str, status: &str) -> Shown {
    (
        format!("{id}  {status}"),
        json!({"id": id, "status": status}),
    )
}

/// Prints what became of one thing.
pub(crate) fn tell(id: &str, status: &str, output: Output) -> anyhow::Result<()> {
    let (line, value) = outcome(id, status);
    match output {
        Output::Json => print_json(&value),
        Output::Table => Ok(print(&line)?),
    }
}
