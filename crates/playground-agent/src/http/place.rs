//! Where a reader of a container's log is.

use std::fmt;
use std::str::FromStr;

use playground_types::Timestamp;

/// A line of a container's log: its time, and which line of that millisecond it is. A burst prints many in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) at: Timestamp,
    pub(super) nth: u32,
}

impl Place {
    /// The place of a line of this time, after the one before it.
    pub(crate) fn after(before: Option<Self>, at: Timestamp) -> Self {
        let nth = before.filter(|before| before.at == at);
        Self {
            at,
            nth: nth.map_or(1, |before| before.nth.saturating_add(1)),
        }
    }

    /// This line of this time.
    pub(crate) fn nth(at: Timestamp, nth: u32) -> Self {
        Self { at, nth }
    }

    /// After everything that was printed by then.
    pub(crate) fn after_all(at: Timestamp) -> Self {
        Self { at, nth: u32::MAX }
    }

    /// The time in an event's id, and the number behind it.
    pub(super) fn split(id: &str) -> (&str, Option<u32>) {
        match id.split_once('/') {
            Some((time, nth)) => (time, nth.parse().ok()),
            None => (id, None),
        }
    }

    /// As [`FromStr`] reads it.
    pub(crate) fn short(self) -> String {
        format!("{}/{}", self.at.0, self.nth)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.at, self.nth)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, nth) = text.split_once('/').ok_or(())?;
        Ok(Self {
            at: Timestamp(at.parse().map_err(|_| ())?),
            nth: nth.parse().map_err(|_| ())?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_millisecond_have_places_of_their_own() {
        let (first, second) = (Timestamp(1_000), Timestamp(1_001));
        let mut last = None;
        let places = [first, first, first, second].map(|at| {
            last = Some(Place::after(last, at));
            last.unwrap()
        });
        assert_eq!(
            places.map(|place| place.to_string()[20..].to_owned()),
            ["000Z/1", "000Z/2", "000Z/3", "001Z/1"]
        );
        assert_eq!(
            Place::split("1970-01-01T00:00:01.000Z/3"),
            ("1970-01-01T00:00:01.000Z", Some(3))
        );
        assert_eq!(
            Place::split("1970-01-01T00:00:01Z"),
            ("1970-01-01T00:00:01Z", None)
        );
        assert_eq!(places.map(|place| place.short().parse()), places.map(Ok));
    }
}
