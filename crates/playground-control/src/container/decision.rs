//! What can be done next. Each is one step: done at the engine, or written to the store.

use std::time::Duration;

use playground_types::{Failure, Tier, Timestamp};

use super::observation::Drift;

/// The one thing to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Find out which image the content needs.
    PlanImage,
    /// Queue a build, or join the one that runs.
    QueueBuild,
    /// Nothing to do until the build ends.
    AwaitBuild,
    /// Claim a host port.
    ReservePort,
    /// Make the container.
    Create,
    /// Put the code that is wanted into a live container. Its app starts anew for it.
    Deliver,
    /// Start it.
    Start,
    /// Take its address back and restart it.
    Restart,
    /// Thaw it.
    Unpause,
    /// Nobody has looked at it for long: write down that it sleeps this deep, and let nobody in who does not wake it.
    FallAsleep(Tier),
    /// Freeze it.
    Pause,
    /// Write down that a start is on its way: the Agent died before it could.
    NoteStart,
    /// Look again after a while.
    LookAgain(Duration),
    /// Put its address out.
    Publish,
    /// It is unhealthy. Nothing to do until it answers, or has been mute for too long.
    AwaitAnswer,
    /// It has been mute for too long: end its process. What ended while its address was out has crashed, and is started
    /// again as after any other crash.
    EndMute,
    /// Write down a crash and when to start again.
    NoteCrash {
        /// Crashes so far, this one included.
        attempts: i64,
        /// The earliest next start.
        retry_at: Timestamp,
    },
    /// Write down that it ended while nobody watched. An engine that goes down takes its containers with it, which is
    /// not their fault: it is started again at once, and no crash is counted.
    NoteEnd,
    /// Name it away and begin anew with another, while it serves on.
    StepAside,
    /// Remove the container that stepped aside, and release its port.
    RemovePrevious,
    /// Take its address back and stop it.
    Stop,
    /// Take its address back and remove it, stopping it first.
    Remove,
    /// Release its port and forget the record.
    Forget,
    /// The build failed: the generation is given up.
    GiveUp(Failure),
    /// The process ended before its app answered: say why and give up.
    GiveUpExited,
    /// The app did not answer in time: say why, stop it and give up.
    GiveUpSilent,
    /// It crashed too often: say why and give up.
    GiveUpCrashing,
    /// Change back what others changed.
    Restore(Drift),
    /// It has been ready for long: forget earlier crashes.
    ForgiveCrashes,
    /// Everything is as it should be.
    Settled,
}
