//! Which archives were tried: whether what was packed is worth another push.

/// Archives by their digests.
#[derive(Debug, Default)]
pub(super) struct Tries {
    /// What the app runs, if it runs.
    runs: Option<String>,
    /// What was looked at last, whatever came of it.
    last: Option<String>,
}

/// What is to be done with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Push,
    /// It was mended to what the app runs all the while.
    AsItRuns,
    /// Nothing that is packed has changed.
    Nothing,
}

impl Tries {
    /// Looks at an archive. What failed is worth another try when its author saves it again, even as it is: the failure
    /// may have been the network's. `is_saved`: whether one of the packed files was; `is_up`: whether the app runs.
    pub(super) fn next(&mut self, digest: &str, is_saved: bool, is_up: bool) -> Turn {
        let last = self.last.replace(digest.to_owned());
        let is_last = last.as_deref() == Some(digest);
        if is_up && self.runs.as_deref() == Some(digest) {
            return if is_last {
                Turn::Nothing
            } else {
                Turn::AsItRuns
            };
        }
        if is_last && !is_saved {
            return Turn::Nothing;
        }
        Turn::Push
    }

    /// The last one is on its way: what ran before may not run any more.
    pub(super) fn sent(&mut self) {
        self.runs = None;
    }

    /// The last one runs.
    pub(super) fn came_up(&mut self) {
        self.runs.clone_from(&self.last);
    }

    /// Whether the last that was sent runs.
    pub(super) fn is_up(&self) -> bool {
        self.runs.is_some()
    }

    /// What could not even be packed comes between.
    pub(super) fn unpackable(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_not_pushed_again() {
        let mut tries = Tries::default();
        assert_eq!(tries.next("one", false, false), Turn::Push);
        tries.sent();
        assert!(!tries.is_up());
        tries.came_up();
        assert!(tries.is_up());
        assert_eq!(tries.next("one", false, true), Turn::Nothing);
        assert_eq!(tries.next("one", true, true), Turn::Nothing);
        // It ended by itself: a save brings it up, what is not packed does not.
        assert_eq!(tries.next("one", false, false), Turn::Nothing);
        assert_eq!(tries.next("one", true, false), Turn::Push);
        assert_eq!(tries.next("two", true, true), Turn::Push);
    }

    #[test]
    fn what_failed_is_pushed_again_when_it_is_saved_again() {
        let mut tries = Tries::default();
        tries.next("one", false, false);
        tries.sent();
        tries.came_up();
        assert_eq!(tries.next("two", true, true), Turn::Push);
        tries.sent();
        assert_eq!(tries.next("two", false, true), Turn::Nothing);
        assert_eq!(tries.next("two", true, true), Turn::Push);
        assert_eq!(tries.next("one", true, true), Turn::Push);
    }

    #[test]
    fn what_is_mended_to_what_runs_needs_no_push() {
        let mut tries = Tries::default();
        tries.next("one", false, false);
        tries.sent();
        tries.came_up();
        // Refused by the check.
        assert_eq!(tries.next("broken", true, true), Turn::Push);
        assert_eq!(tries.next("broken", false, true), Turn::Nothing);
        assert_eq!(tries.next("one", true, true), Turn::AsItRuns);
        tries.unpackable();
        assert_eq!(tries.next("one", true, true), Turn::AsItRuns);
    }
}
