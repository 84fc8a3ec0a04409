//! What the stream of events tells.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Container, Health, Launch, Release, StatsSample, Traffic};

/// One event of `GET events`: `event` is the name of the server-sent event, `data` is what its data says as JSON.
///
/// The stream tells how things stand, not what happened: who reads slowly is told less often, and what is newest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The stream begins.
    Hello(Hello),
    /// Everything that is there. What the reader had and does not find in it is gone.
    Snapshot(Snapshot),
    /// A container, as it is now.
    Container(Box<Container>),
    /// A container's record is gone.
    ContainerGone(RecordGone),
    /// A launch, as it is now; its `result` is always null.
    Launch(Box<Launch>),
    /// A launch is no longer among those of a snapshot: the newest 100, and all that are on their way.
    LaunchGone(LaunchGone),
    /// A plugin release, as it is now.
    Release(Box<Release>),
    /// A plugin release was forgotten.
    ReleaseGone(ReleaseGone),
    /// What passed through the gateway to one app has changed.
    Traffic(TrafficNews),
    /// What a container used.
    Stats(StatsNews),
    /// Lines of a log.
    Log(LogLines),
    /// A log has ended. That of a container goes on by itself once the container runs again.
    LogEnd(LogEnd),
    /// The health of the Agent, at first and when it changed.
    Health(Box<Health>),
    /// The Agent is stopping: come back.
    Farewell(Farewell),
}

/// The first event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Hello {
    /// The Agent's id.
    pub agent_id: String,
    /// The Agent's version.
    pub version: String,
    /// Whether the stream goes on where the reader was. If not, a snapshot follows.
    pub resumed: bool,
}

/// Everything that is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Snapshot {
    /// All containers.
    pub containers: Vec<Container>,
    /// The newest 100 launches, and all that are on their way; newest first. Their `result` is null.
    pub launches: Vec<Launch>,
    /// All plugin releases.
    pub releases: Vec<Release>,
}

/// A container's record is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordGone {
    /// The record's integer key.
    pub pk: i64,
}

/// A launch is not told of any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LaunchGone {
    /// The launch's key.
    pub id: String,
}

/// A plugin release was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseGone {
    /// The record's integer key.
    pub id: i64,
}

/// What passed through the gateway to one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrafficNews {
    /// The record's integer key.
    pub pk: i64,
    /// All of it since the Agent began.
    pub traffic: Traffic,
    /// When somebody was last there, RFC 3339.
    pub last_visit_at: Option<String>,
}

/// What a container used: with the first event of a topic all that is kept, then what is new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatsNews {
    /// The record's integer key.
    pub pk: i64,
    /// Oldest first.
    pub samples: Vec<StatsSample>,
}

/// Lines of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLines {
    /// The log, as the stream was asked for it: `container:{pk}` or `build:{launch id}`.
    pub source: String,
    /// Whole lines, in their order.
    pub lines: Vec<StreamedLine>,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StreamedLine {
    /// The line, without its end.
    pub text: String,
    /// `stdout` or `stderr`; null where that is not known, as in builds.
    pub stream: Option<String>,
    /// When it was printed, RFC 3339; null where that is not known, as in builds.
    pub at: Option<String>,
}

/// A log has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogEnd {
    /// The log.
    pub source: String,
    /// `stopped` or `gone` of a container; `completed`, `failed` or `cancelled` of a launch; `unknown` when there never was
    /// such a one, `unreadable` when the log could not be read to its end.
    pub reason: String,
}

/// The Agent is stopping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Farewell {}

impl Event {
    /// The name of the server-sent event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Snapshot(_) => "snapshot",
            Self::Container(_) => "container",
            Self::ContainerGone(_) => "container_gone",
            Self::Launch(_) => "launch",
            Self::LaunchGone(_) => "launch_gone",
            Self::Release(_) => "release",
            Self::ReleaseGone(_) => "release_gone",
            Self::Traffic(_) => "traffic",
            Self::Stats(_) => "stats",
            Self::Log(_) => "log",
            Self::LogEnd(_) => "log_end",
            Self::Health(_) => "health",
            Self::Farewell(_) => "farewell",
        }
    }

    /// Its data as JSON.
    ///
    /// # Errors
    /// Never, as long as every part of it can be written as JSON.
    pub fn data(&self) -> serde_json::Result<String> {
        match self {
            Self::Hello(data) => serde_json::to_string(data),
            Self::Snapshot(data) => serde_json::to_string(data),
            Self::Container(data) => serde_json::to_string(data),
            Self::ContainerGone(data) => serde_json::to_string(data),
            Self::Launch(data) => serde_json::to_string(data),
            Self::LaunchGone(data) => serde_json::to_string(data),
            Self::Release(data) => serde_json::to_string(data),
            Self::ReleaseGone(data) => serde_json::to_string(data),
            Self::Traffic(data) => serde_json::to_string(data),
            Self::Stats(data) => serde_json::to_string(data),
            Self::Log(data) => serde_json::to_string(data),
            Self::LogEnd(data) => serde_json::to_string(data),
            Self::Health(data) => serde_json::to_string(data),
            Self::Farewell(data) => serde_json::to_string(data),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_events_name_and_data_are_those_of_its_schema() {
        let events = [
            Event::Hello(Hello {
                agent_id: "a".into(),
                version: "1".into(),
                resumed: false,
            }),
            Event::ContainerGone(RecordGone { pk: 7 }),
            Event::LogEnd(LogEnd {
                source: "container:7".into(),
                reason: "gone".into(),
            }),
            Event::Farewell(Farewell {}),
        ];
        for event in events {
            let whole = serde_json::to_value(&event).unwrap();
            let data: serde_json::Value = serde_json::from_str(&event.data().unwrap()).unwrap();
            assert_eq!(
                (&whole["event"], &whole["data"]),
                (&event.name().into(), &data)
            );
        }
    }
}
