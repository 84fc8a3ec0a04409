//! Whose turn it is. Plugins take turns, so that one with many versions waiting keeps nobody else from being built.
//!
//! The rule: a plugin has waited since its oldest waiting build was queued, or since a build of it last began, whichever is
//! later. Who has waited longest has the next turn, with its oldest build; when all have had one, the second round begins in
//! the same order. It needs nothing but the rows, so it is the same after a restart of the Agent, and everybody who looks
//! sees the same order.
//!
//! Nobody starves: who comes later has waited for less, so the first build of a plugin never moves back.

use std::collections::HashMap;
use std::time::Duration;

use playground_store::{BuildRow, LaunchRow, LiveBuild};
use playground_types::{BuildId, BuildStatus, Timestamp};

use crate::{Control, ControlError};

/// Builds whose time tells how long the next one may take.
const RECENT: u64 = 20;
/// Told to who finds the queue full before any build has ended here.
const UNKNOWN: Duration = Duration::from_secs(15);
/// The longest that anybody is told to stay away: real clients wait no longer than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Whose turn it is.
#[derive(Debug)]
pub(super) enum Turn {
    /// This build's; it has begun.
    Of(Box<BuildRow>),
    /// Nothing waits.
    Nobodys,
    /// Somebody's, once there is room on the disk.
    Held,
}

/// Where a build stands in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// 1 for the next one.
    pub position: u64,
    /// About how many seconds until its turn; none when nothing is known.
    pub estimate_seconds: Option<u64>,
}

/// The waiting builds in the order of their turns. `live` is oldest first; `begun` says when a build of a plugin last began.
fn order(live: &[LiveBuild], begun: &HashMap<String, Timestamp>) -> Vec<BuildId> {
    /// Since when a plugin waits, and how many of its builds have their place already.
    struct Line {
        since: Timestamp,
        first: BuildId,
        rounds: u32,
    }
    let mut lines: HashMap<&str, Line> = HashMap::new();
    let mut turns = Vec::new();
    for build in live.iter().filter(|build| !is_running(build)) {
        let code = build.release.code().as_str();
        let line = lines.entry(code).or_insert_with(|| Line {
            since: begun
                .get(code)
                .map_or(build.queued_at, |at| build.queued_at.max(*at)),
            first: build.id,
            rounds: 0,
        });
        turns.push((line.rounds, line.since, line.first, build.id));
        line.rounds += 1;
    }
    turns.sort_unstable();
    turns.into_iter().map(|(.., id)| id).collect()
}

fn is_running(build: &LiveBuild) -> bool {
    build.status == BuildStatus::Building
}

/// How long until the turn at this position comes: every build takes as long as is usual, and the running ones end when
/// that time is over.
fn wait(position: u64, ran: &[Duration], concurrent: usize, usual: Duration) -> Duration {
    let mut free_in: Vec<Duration> = ran.iter().map(|ran| usual.saturating_sub(*ran)).collect();
    free_in.resize(concurrent.max(ran.len()).max(1), Duration::ZERO);
    for _ in 1..position {
        free_in.sort_unstable();
        free_in[0] += usual;
    }
    free_in.into_iter().min().unwrap_or_default()
}

/// The middle one.
fn median(mut millis: Vec<i64>) -> Option<Duration> {
    millis.sort_unstable();
    let middle = *millis.get(millis.len() / 2)?;
    Some(Duration::from_millis(middle.max(0).unsigned_abs()))
}

impl Control {
    /// Takes the build whose turn it is.
    pub(super) async fn begin_next_build(&self) -> Result<Turn, ControlError> {
        let turns = self.turns(&self.store.live_builds().await?).await?;
        if !turns.is_empty()
            && let Err(full @ ControlError::DiskLow { .. }) = self.ensure_room().await
        {
            tracing::warn!(builds.waiting = turns.len(), "builds wait: {full}");
            return Ok(Turn::Held);
        }
        for id in turns {
            // One that was cancelled since is passed over.
            if let Some(build) = self.store.begin_build(id, self.clock.now()).await? {
                return Ok(Turn::Of(Box::new(build)));
            }
        }
        Ok(Turn::Nobodys)
    }

    async fn turns(&self, live: &[LiveBuild]) -> Result<Vec<BuildId>, ControlError> {
        Ok(order(live, &self.store.plugins_last_begun().await?))
    }

    /// Where a build stands in line; none unless it is queued.
    pub async fn place_of(&self, build: &BuildRow) -> Result<Option<Place>, ControlError> {
        if build.status != BuildStatus::Queued {
            return Ok(None);
        }
        let live = self.store.live_builds().await?;
        let turns = self.turns(&live).await?;
        let Some(index) = turns.iter().position(|id| *id == build.id) else {
            return Ok(None);
        };
        let usual = self.usual_time().await?;
        Ok(Some(self.place_in_line(index, &live, usual)))
    }

    /// Where every queued build stands in line.
    pub(crate) async fn places(&self) -> Result<HashMap<BuildId, Place>, ControlError> {
        let live = self.store.live_builds().await?;
        let turns = self.turns(&live).await?;
        let usual = self.usual_time().await?;
        let place = |(index, id)| (id, self.place_in_line(index, &live, usual));
        Ok(turns.into_iter().enumerate().map(place).collect())
    }

    fn place_in_line(&self, index: usize, live: &[LiveBuild], usual: Option<Duration>) -> Place {
        let position = index as u64 + 1;
        let wait = usual.map(|usual| self.estimate(position, live, usual));
        Place {
            position,
            estimate_seconds: wait.map(|wait| wait.as_secs_f64().ceil() as u64),
        }
    }

    /// Where a launch's build stands in line; none unless it waits there.
    pub async fn place_of_launch(&self, launch: &LaunchRow) -> Result<Option<Place>, ControlError> {
        let (None, Some(build)) = (launch.outcome, launch.build) else {
            return Ok(None);
        };
        match self.store.build(build).await? {
            Some(build) => self.place_of(&build).await,
            None => Ok(None),
        }
    }

    /// About when the next build begins, which is when one more may wait.
    pub(crate) async fn next_place(&self) -> Result<Duration, ControlError> {
        let live = self.store.live_builds().await?;
        let usual = self.usual_time().await?;
        let wait = usual.map_or(UNKNOWN, |usual| self.estimate(1, &live, usual));
        Ok(wait.clamp(Duration::from_secs(1), LONGEST))
    }

    /// How long builds take; none when nothing is known.
    async fn usual_time(&self) -> Result<Option<Duration>, ControlError> {
        Ok(median(self.store.recent_build_millis(RECENT).await?))
    }

    fn estimate(&self, position: u64, live: &[LiveBuild], usual: Duration) -> Duration {
        let now = self.clock.now();
        let ran: Vec<Duration> = live
            .iter()
            .filter(|build| is_running(build))
            .map(|build| {
                let since = build.started_at.unwrap_or(now);
                Duration::from_millis(now.millis_since(since).max(0).unsigned_abs())
            })
            .collect();
        wait(position, &ran, self.config.build.concurrent, usual)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A build of a plugin, queued at a time.
    fn queued(code: &str, at: i64) -> LiveBuild {
        LiveBuild {
            id: BuildId::generate(),
            release: format!("{code}@1.0.0").parse().unwrap(),
            status: BuildStatus::Queued,
            queued_at: Timestamp(at),
            started_at: None,
        }
    }

    /// Builds of these plugins, queued one after the other; oldest first, as the store lists them.
    fn queue(codes: &[u8]) -> Vec<LiveBuild> {
        let build = |(at, code): (usize, &u8)| queued(&format!("p{code}"), at as i64);
        let mut live: Vec<LiveBuild> = codes.iter().enumerate().map(build).collect();
        live.sort_by_key(|build| build.id);
        live
    }

    fn codes(live: &[LiveBuild], turns: &[BuildId]) -> Vec<String> {
        let code = |id: &BuildId| {
            let build = live.iter().find(|build| build.id == *id).unwrap();
            build.release.code().to_string()
        };
        turns.iter().map(code).collect()
    }

    #[test]
    fn a_plugin_with_many_builds_lets_others_have_their_turn() {
        let live = queue(&[0, 0, 0, 0, 1, 2]);
        let turns = order(&live, &HashMap::new());
        assert_eq!(codes(&live, &turns), ["p0", "p1", "p2", "p0", "p0", "p0"]);
        // One of the first plugin began after the others had come: they are next.
        let begun = HashMap::from([("p0".to_owned(), Timestamp(10))]);
        let turns = order(&live[1..], &begun);
        assert_eq!(codes(&live, &turns), ["p1", "p2", "p0", "p0", "p0"]);
    }

    #[test]
    fn the_estimate_counts_places_and_what_the_running_ones_have_left() {
        let ran = [7 * SECOND, 2 * SECOND];
        let estimates: Vec<u64> = (1..=5)
            .map(|position| wait(position, &ran, 2, 10 * SECOND).as_secs())
            .collect();
        assert_eq!(estimates, [3, 8, 13, 18, 23]);
        // Longer than usual: any moment.
        assert_eq!(wait(1, &[99 * SECOND], 1, 10 * SECOND), Duration::ZERO);
        assert_eq!(wait(1, &[], 2, 10 * SECOND), Duration::ZERO);
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![9000, 1000, 2000]), Some(2 * SECOND));
    }

    proptest! {
        /// Everybody who waits has one turn; builds of one plugin keep their order; before the first build of a plugin
        /// each other has one turn at most.
        #[test]
        fn everybody_has_a_turn_and_no_plugin_two_before_anothers_first(
            waiting in prop::collection::vec(0_u8..6, 0..40),
            begun in prop::collection::hash_map("p[0-5]", (0_i64..60).prop_map(Timestamp), 0..6),
        ) {
            let live = queue(&waiting);
            let turns = order(&live, &begun);
            let mut sorted = turns.clone();
            sorted.sort_unstable();
            let ids: Vec<BuildId> = live.iter().map(|build| build.id).collect();
            prop_assert_eq!(&sorted, &ids);
            let names = codes(&live, &turns);
            for name in &names {
                let of = turns.iter().zip(&names).filter(|(_, other)| *other == name);
                let own: Vec<BuildId> = of.map(|(id, _)| *id).collect();
                prop_assert!(own.is_sorted(), "{name}: {own:?}");
                let first = names.iter().position(|other| other == name).unwrap();
                let mut before = names[..first].to_vec();
                before.sort();
                before.dedup();
                prop_assert_eq!(before.len(), first, "before {}: {:?}", name, &names);
            }
        }

        /// However many of other plugins come after every turn, the first build of a plugin is reached after one turn of
        /// each plugin that was there, and the others too, as long as so many may wait.
        #[test]
        fn nobody_starves_while_others_keep_coming(
            waiting in prop::collection::vec(0_u8..4, 1..12),
            newcomers in 1_usize..4,
        ) {
            const PLACES: usize = 20;
            let mut live = queue(&waiting);
            let there: Vec<BuildId> = live.iter().map(|build| build.id).collect();
            let mut begun = HashMap::new();
            let mut first_turn = HashMap::new();
            let mut turns = 0_usize;
            while live.iter().any(|build| there.contains(&build.id)) {
                let next = order(&live, &begun)[0];
                let index = live.iter().position(|build| build.id == next).unwrap();
                // It is built and gone before the next turn.
                let build = live.remove(index);
                let now = 1000 + turns as i64;
                let code = build.release.code().to_string();
                begun.insert(code.clone(), Timestamp(now));
                first_turn.entry(code).or_insert(turns);
                for number in 0..newcomers {
                    if live.len() < PLACES {
                        live.push(queued(&format!("fresh{turns}x{number}"), now));
                    }
                }
                live.sort_by_key(|build| build.id);
                turns += 1;
                prop_assert!(turns <= waiting.len() * PLACES, "not after {turns} turns of {waiting:?}");
            }
            for code in &waiting {
                let turn = first_turn[&format!("p{code}")];
                prop_assert!(turn < 4, "p{code} first in turn {turn}");
            }
        }
    }
}
