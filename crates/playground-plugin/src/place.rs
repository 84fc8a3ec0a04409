//! Where in a plugin something is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A file of the plugin, and a line of it where that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file, relative to the plugin's root.
    pub file: String,
    /// The line, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column, in characters, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

impl Place {
    /// The whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }

    /// This line of the file.
    pub fn line(mut self, line: u64) -> Self {
        self.line = (line > 0).then_some(line);
        self
    }

    /// This column of the line.
    pub fn column(mut self, column: u64) -> Self {
        self.column = (column > 0).then_some(column);
        self
    }
}

/// `config.yaml, line 3, column 7`, as far as it is known.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let (Some(_), Some(column)) = (self.line, self.column) {
            write!(f, ", column {column}")?;
        }
        Ok(())
    }
}
