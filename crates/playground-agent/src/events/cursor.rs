//! Where a reader is, as text: what it got as the last event's id, and comes back with.
//!
//! `{journal}.{number}`, then `,{log}={place}` for each log. A reader may come back with other logs: those that it had go
//! on, new ones begin.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::topics::LogTopic;

/// Where a reader is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Cursor {
    /// The journal that the number is of.
    pub(super) epoch: String,
    /// The last change that the reader was told.
    pub(super) number: u64,
    /// Of each log, where the next line is. What that means is the log's own.
    pub(super) places: BTreeMap<LogTopic, String>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.number)?;
        for (topic, place) in &self.places {
            write!(f, ",{topic}={place}")?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split(',');
        let (epoch, number) = parts
            .next()
            .and_then(|part| part.split_once('.'))
            .ok_or(())?;
        let place = |part: &str| {
            let (topic, place) = part.split_once('=')?;
            Some((topic.parse().ok()?, place.to_owned()))
        };
        Ok(Self {
            epoch: epoch.to_owned(),
            number: number.parse().map_err(|_| ())?,
            // Another version's log is one that begins anew.
            places: parts.filter_map(place).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let build = "build:01900000-0000-7000-8000-000000000001";
        let text = format!("0a1b2c3d.17,container:12=1700000000123/3,{build}=4096");
        let cursor: Cursor = text.parse().unwrap();
        assert_eq!((cursor.number, cursor.places.len()), (17, 2));
        assert_eq!(cursor.to_string(), text);
    }

    #[test]
    fn what_is_no_cursor_is_none_and_an_unknown_log_is_left_out() {
        for text in ["", "17", "a.b", ",container:1=2"] {
            assert_eq!(text.parse::<Cursor>(), Err(()), "{text:?}");
        }
        let cursor: Cursor = "a.1,elsewhere:1=2,container:1".parse().unwrap();
        assert!(cursor.places.is_empty());
    }
}
