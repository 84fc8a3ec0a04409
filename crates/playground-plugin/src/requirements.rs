//! `requirements.txt`: a command line of pip in disguise, read far enough to judge it.
//!
//! The text itself goes to the installer as its author wrote it. What is understood here decides three things: whether
//! the policy allows a line, whether the base image satisfies all of them already, and which Gradio is meant.

mod gather;
mod gradio;
mod line;
mod marker;
mod policy;
mod satisfied;

pub(crate) use gather::{Gathered, gather};
pub use line::{Line, NumberedLine};
pub use marker::Marker;
pub use policy::RequirementPolicy;

/// The understood lines of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements {
    /// What the file says, without blank lines and comments.
    pub lines: Vec<NumberedLine>,
}

impl Requirements {
    /// Reads a file's text; never fails, for what is not understood is a [`Line::Other`].
    pub fn parse(text: &str) -> Self {
        Self {
            lines: line::split(text),
        }
    }
}
