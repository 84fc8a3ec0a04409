//! Ctrl-C while something is packed, looked at or sent: what was begun is cleaned up, and the command ends.
//!
//! What hears Ctrl-C itself (a launch that is watched, an app that runs) does so while nothing of this is under way.

use std::future::Future;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::{Exit, Problem};
use crate::language::say;

/// The command waits for its threads, so that their files are removed: this asks those that read for long to end.
static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Does something, unless Ctrl-C comes first.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    // Cancel-safe: the command ends, and what is dropped removes its files. Ctrl-C is heard before anything is begun.
    tokio::select! {
        biased;
        _ = tokio::signal::ctrl_c() => {
            IS_INTERRUPTED.store(true, Ordering::Relaxed);
            Err(interrupted().into())
        }
        done = work => done,
    }
}

/// How a command ends that was interrupted.
pub(crate) fn interrupted() -> Problem {
    Problem::new(Exit::Interrupted, say("interrupted", "중단했습니다"))
}

/// The same with what blocks, on a thread of its own.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    unless_interrupted(async { tokio::task::spawn_blocking(work).await? }).await
}

/// A reader that fails once the command is interrupted.
#[derive(Debug)]
pub(crate) struct Interruptible<R>(pub(crate) R);

impl<R: Read> Read for Interruptible<R> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        if IS_INTERRUPTED.load(Ordering::Relaxed) {
            // Not the kind `Interrupted`: that one is tried again.
            return Err(io::Error::other("interrupted"));
        }
        self.0.read(part)
    }
}
