//! Host ports. The seed gives apps 7860 to 8860, both ends included.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A port of the host that a container's app port is mapped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostPort(pub u16);

/// The port every app serves on inside its container (seed).
pub const APP_PORT: u16 = 7860;

/// The host ports the Agent may hand out, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PortRange {
    first: u16,
    last: u16,
}

/// A text that is no port range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a port range: write FIRST-LAST, for example 7860-8860")]
pub struct NotAPortRange(String);

impl PortRange {
    /// The lowest port.
    pub fn first(self) -> HostPort {
        HostPort(self.first)
    }

    /// The highest port.
    pub fn last(self) -> HostPort {
        HostPort(self.last)
    }

    /// How many ports there are.
    pub fn count(self) -> usize {
        usize::from(self.last - self.first) + 1
    }

    /// Every port, lowest first.
    pub fn iter(self) -> impl Iterator<Item = HostPort> {
        (self.first..=self.last).map(HostPort)
    }
}

impl Default for PortRange {
    fn default() -> Self {
        Self {
            first: 7860,
            last: 8860,
        }
    }
}

impl FromStr for PortRange {
    type Err = NotAPortRange;

    fn from_str(text: &str) -> Result<Self, NotAPortRange> {
        let bad = || NotAPortRange(text.to_owned());
        let (first, last) = text.split_once('-').ok_or_else(bad)?;
        let first = first.trim().parse().map_err(|_| bad())?;
        let last = last.trim().parse().map_err(|_| bad())?;
        if first == 0 || first > last {
            Err(bad())
        } else {
            Ok(Self { first, last })
        }
    }
}

impl TryFrom<String> for PortRange {
    type Error = NotAPortRange;
    fn try_from(text: String) -> Result<Self, NotAPortRange> {
        text.parse()
    }
}

impl From<PortRange> for String {
    fn from(range: PortRange) -> Self {
        range.to_string()
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seeds_range_holds_1001_ports() {
        let range = PortRange::default();
        assert_eq!(range.count(), 1001);
        assert_eq!(range.to_string().parse(), Ok(range));
    }

    #[test]
    fn a_backwards_or_zero_range_is_refused() {
        for text in ["8860-7860", "0-10", "7860", "a-b", "1-70000"] {
            assert!(text.parse::<PortRange>().is_err(), "{text}");
        }
    }
}
