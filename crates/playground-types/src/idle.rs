//! When nobody looks at an app: how deep it may sleep, and how soon.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::status::UnknownStatus;

/// How deep an app sleeps. A visit through the gateway wakes it from any of them; the deeper, the longer that takes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Frozen: keeps its memory, uses no CPU.
    Paused,
    /// Its process ended, its container stays.
    Stopped,
    /// Its container is removed; the record and its port stay.
    Removed,
}

impl Tier {
    /// From the lightest sleep to the deepest.
    pub const ALL: [Self; 3] = [Self::Paused, Self::Stopped, Self::Removed];

    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Removed => "removed",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Tier {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let tier = Self::ALL.into_iter().find(|tier| tier.as_str() == text);
        tier.ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// How long nobody must have looked at an app until it sleeps so deep, in seconds. Zero is never; where nothing is said,
/// the Agent's own times hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleTimes {
    /// Seconds until it is frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_after: Option<u32>,
    /// Seconds until its process is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<u32>,
    /// Seconds until its container is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remove_after: Option<u32>,
}

impl IdleTimes {
    /// These times, and the Agent's where these say nothing.
    pub fn or(self, agents: Self) -> Self {
        Self {
            pause_after: self.pause_after.or(agents.pause_after),
            stop_after: self.stop_after.or(agents.stop_after),
            remove_after: self.remove_after.or(agents.remove_after),
        }
    }

    /// How deep an app sleeps after so long.
    pub fn due(self, idle: Duration) -> Option<Tier> {
        let mut deepest_first = Tier::ALL.into_iter().rev();
        deepest_first.find(|tier| self.until(*tier).is_some_and(|until| idle >= until))
    }

    /// The time until the next deeper sleep of an app that was left alone for so long; none when there is none.
    pub fn next(self, idle: Duration) -> Option<Duration> {
        let all = Tier::ALL.into_iter().filter_map(|tier| self.until(tier));
        all.filter(|until| *until > idle)
            .min()
            .map(|until| until - idle)
    }

    /// How long nobody must have looked until it sleeps this deep; none when it never does.
    pub fn until(self, tier: Tier) -> Option<Duration> {
        let seconds = match tier {
            Tier::Paused => self.pause_after,
            Tier::Stopped => self.stop_after,
            Tier::Removed => self.remove_after,
        };
        let seconds = seconds.filter(|seconds| *seconds > 0)?;
        Some(Duration::from_secs(seconds.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: IdleTimes = IdleTimes {
        pause_after: Some(60),
        stop_after: Some(600),
        remove_after: Some(0),
    };

    #[test]
    fn the_longer_nobody_looks_the_deeper_it_sleeps() {
        let due = |seconds| TIMES.due(Duration::from_secs(seconds));
        assert_eq!(due(59), None);
        assert_eq!(due(60), Some(Tier::Paused));
        assert_eq!(due(599), Some(Tier::Paused));
        assert_eq!(due(1_000_000), Some(Tier::Stopped), "zero is never");
    }

    #[test]
    fn the_next_time_is_the_nearest_one_that_has_not_come() {
        let next = |seconds| TIMES.next(Duration::from_secs(seconds));
        assert_eq!(next(10), Some(Duration::from_secs(50)));
        assert_eq!(next(60), Some(Duration::from_secs(540)));
        assert_eq!(next(600), None);
    }

    #[test]
    fn what_a_record_says_beats_what_the_agent_says() {
        let never = IdleTimes {
            pause_after: Some(0),
            ..IdleTimes::default()
        };
        let times = never.or(TIMES);
        assert_eq!(times.until(Tier::Paused), None);
        assert_eq!(times.until(Tier::Stopped), Some(Duration::from_secs(600)));
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for tier in Tier::ALL {
            assert_eq!(tier.as_str().parse(), Ok(tier));
        }
        assert!("awake".parse::<Tier>().is_err());
    }
}
