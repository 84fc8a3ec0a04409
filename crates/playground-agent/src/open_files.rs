//! Open files: whoever looks at an app is two of them, one towards the visitor and one towards the app.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const FILES_A_CONNECTION: u64 = 2;
/// What the Agent itself has open: its database, logs, uploads, and connections to Docker.
const OWN_FILES: u64 = 1000;

/// Takes as many files as this system lets the process have, and says how many of these connections they are enough for.
/// Further ones wait, as they do where the limit is our own: without that, the database and Docker would go without files.
pub(crate) fn room_for(connections: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    // None is no limit at all.
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let room = enough_for(files).min(connections);
    if room < connections {
        tracing::warn!(
            connections,
            files,
            "only {room} connections at the same time: raise the hard limit of open files (ulimit -Hn, LimitNOFILE)"
        );
    }
    room
}

/// At least one, with however few files.
fn enough_for(files: u64) -> usize {
    let connections = (files.saturating_sub(OWN_FILES) / FILES_A_CONNECTION).max(1);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_takes_two_files_and_the_agent_keeps_its_own() {
        assert_eq!(enough_for(41_000), 20_000);
        assert_eq!(enough_for(1024), 12);
        assert_eq!(enough_for(10), 1);
    }

    #[test]
    fn nobody_gets_more_connections_than_were_wanted() {
        assert_eq!(room_for(3), 3);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
