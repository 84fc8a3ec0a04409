//! Which images may go, and why: pure, from what was seen.

use std::collections::HashMap;

use playground_types::Timestamp;
use playground_types::wire::CleanupReason;

/// An image with this Agent's label, as far as the decision needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Docker's id.
    pub(super) id: String,
    /// Its references.
    pub(super) tags: Vec<String>,
    /// The label with its release.
    pub(super) release: Option<String>,
    /// The label with its build context; only finished images of plugins have one.
    pub(super) context: Option<String>,
    /// When it was built.
    pub(super) made_at: Timestamp,
    /// Bytes beyond its base image.
    pub(super) bytes: u64,
    /// A record needs it, or any container on the engine was made from it.
    pub(super) used: bool,
    /// Whether all its references are those that the Agent gives.
    pub(super) only_our_tags: bool,
}

/// What is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keep {
    /// So many of a release.
    pub(super) newest: u64,
    /// Those made at this time or later.
    pub(super) since: Timestamp,
}

/// The images that may go, oldest first. Without `keep` the disk is nearly full: nothing is kept that is not used.
pub(super) fn spare(
    candidates: &[Candidate],
    keep: Option<Keep>,
) -> Vec<(&Candidate, CleanupReason)> {
    let mut newest_first: Vec<&Candidate> = candidates.iter().collect();
    newest_first.sort_by(|a, b| (b.made_at, &b.id).cmp(&(a.made_at, &a.id)));
    let mut seen: HashMap<&str, u64> = HashMap::new();
    let mut spare = Vec::new();
    for candidate in newest_first {
        let place = match candidate.release.as_deref() {
            Some(release) if !candidate.tags.is_empty() => {
                let place = seen.entry(release).or_default();
                *place += 1;
                *place
            }
            _ => 0,
        };
        if let Some(reason) = reason(candidate, place, keep) {
            spare.push((candidate, reason));
        }
    }
    spare.reverse();
    spare
}

/// `place` counts a release's images from its newest one on, from 1.
fn reason(candidate: &Candidate, place: u64, keep: Option<Keep>) -> Option<CleanupReason> {
    if candidate.used || !candidate.only_our_tags {
        return None;
    }
    if candidate.tags.is_empty() {
        // What the classic builder leaves has no context label. A finished image that lost its name may be what
        // somebody else made from one of ours, with the labels that it inherited: it is left alone.
        return candidate
            .context
            .is_none()
            .then_some(CleanupReason::Leftover);
    }
    match keep {
        None => Some(CleanupReason::LowDisk),
        Some(keep) if place > keep.newest => Some(CleanupReason::NotNewest),
        Some(keep) if candidate.made_at < keep.since => Some(CleanupReason::TooOld),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEEP: Keep = Keep {
        newest: 2,
        since: Timestamp(100),
    };

    fn image(id: &str, release: &str, made_at: i64) -> Candidate {
        Candidate {
            id: id.to_owned(),
            tags: vec![format!("tag-of-{id}")],
            release: Some(release.to_owned()),
            context: Some(id.to_owned()),
            made_at: Timestamp(made_at),
            bytes: 1,
            used: false,
            only_our_tags: true,
        }
    }

    fn told(images: &[Candidate], keep: Option<Keep>) -> Vec<(String, CleanupReason)> {
        spare(images, keep)
            .into_iter()
            .map(|(image, reason)| (image.id.clone(), reason))
            .collect()
    }

    #[test]
    fn a_release_keeps_its_newest_for_a_while_and_what_is_used_for_ever() {
        use CleanupReason::{Leftover, LowDisk, NotNewest, TooOld};
        let mut images = vec![
            image("oldest-but-used", "a@1", 1),
            image("third", "a@1", 200),
            image("second", "a@1", 201),
            image("newest", "a@1", 202),
            image("old", "b@1", 99),
            image("renamed", "b@1", 98),
            image("leftover", "", 300),
            image("nameless", "c@1", 1),
        ];
        images[0].used = true;
        images[5].only_our_tags = false;
        images[6] = Candidate {
            tags: Vec::new(),
            release: None,
            context: None,
            ..images[6].clone()
        };
        images[7].tags.clear();
        let expected = [
            ("old", TooOld),
            ("third", NotNewest),
            ("leftover", Leftover),
        ];
        assert_eq!(
            told(&images, Some(KEEP)),
            expected.map(|(id, reason)| (id.to_owned(), reason))
        );
        let pressed = [
            ("old", LowDisk),
            ("third", LowDisk),
            ("second", LowDisk),
            ("newest", LowDisk),
            ("leftover", Leftover),
        ];
        assert_eq!(
            told(&images, None),
            pressed.map(|(id, reason)| (id.to_owned(), reason))
        );
    }

    fn any_image() -> impl Strategy<Value = Candidate> {
        (0_u32..1000, 0_u8..3, 0_i64..200, any::<[bool; 4]>()).prop_map(
            |(id, release, made_at, [used, only_our_tags, tagged, finished])| {
                let mut image = image(&id.to_string(), &release.to_string(), made_at);
                image.used = used;
                image.only_our_tags = only_our_tags;
                if !tagged {
                    image.tags.clear();
                }
                if !finished {
                    image.context = None;
                }
                image
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_used_and_nothing_of_others_ever_goes(
            images in prop::collection::vec(any_image(), 0..20),
            newest in 0_u64..4,
            low in any::<bool>(),
        ) {
            let keep = (!low).then_some(Keep { newest, ..KEEP });
            let gone = spare(&images, keep);
            for (image, _) in &gone {
                prop_assert!(!image.used && image.only_our_tags, "{image:?}");
                prop_assert!(!image.tags.is_empty() || image.context.is_none(), "{image:?}");
            }
            prop_assert!(gone.iter().map(|(image, _)| image.made_at).is_sorted(), "oldest first");
        }
    }
}
