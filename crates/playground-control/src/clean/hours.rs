//! The hours in which cleaning disturbs nobody.

use std::fmt;
use std::str::FromStr;

use playground_types::Timestamp;

/// Hours of the day in UTC, `FROM-TO`, the last one not included; over midnight where TO is the smaller one. `never` has
/// none: then only a disk that is nearly full, or a person, has anything removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanHours(Option<(u8, u8)>);

/// A text that names no hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("clean_hours is {0:?}: write FROM-TO in hours of UTC, such as 2-5, or never")]
pub struct CleanHoursError(String);

impl CleanHours {
    /// Whether this time is in them.
    pub fn contains(&self, time: Timestamp) -> bool {
        let hour = time.0.div_euclid(3_600_000).rem_euclid(24);
        match self.0.map(|(from, to)| (i64::from(from), i64::from(to))) {
            None => false,
            Some((from, to)) if from < to => (from..to).contains(&hour),
            Some((from, to)) => hour >= from || hour < to,
        }
    }
}

impl Default for CleanHours {
    fn default() -> Self {
        Self(Some((2, 5)))
    }
}

impl FromStr for CleanHours {
    type Err = CleanHoursError;

    fn from_str(text: &str) -> Result<Self, CleanHoursError> {
        if text == "never" {
            return Ok(Self(None));
        }
        let hour = |part: &str| part.trim().parse::<u8>().ok().filter(|hour| *hour <= 24);
        let hours = text
            .split_once('-')
            .and_then(|(from, to)| Some((hour(from)?, hour(to)?)));
        match hours {
            Some((from, to)) if from != to => Ok(Self(Some((from, to)))),
            _ => Err(CleanHoursError(text.to_owned())),
        }
    }
}

impl fmt::Display for CleanHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("never"),
            Some((from, to)) => write!(f, "{from}-{to}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_of(text: &str) -> Vec<i64> {
        let hours: CleanHours = text.parse().unwrap();
        (0..24)
            .filter(|hour| hours.contains(Timestamp(hour * 3_600_000 + 59 * 60_000)))
            .collect()
    }

    #[test]
    fn hours_may_go_over_midnight() {
        assert_eq!(hours_of("2-5"), [2, 3, 4]);
        assert_eq!(hours_of("22-2"), [0, 1, 22, 23]);
        assert_eq!(hours_of("0-24").len(), 24);
        assert_eq!(hours_of("never"), [] as [i64; 0]);
    }

    #[test]
    fn what_is_no_hour_is_told() {
        for text in ["", "2", "2-25", "a-b", "3-3", "-1-2"] {
            let error = text.parse::<CleanHours>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
