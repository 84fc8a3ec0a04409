//! Which change came when. Each key has the number of its last change, so one number is all that a reader must keep: it is
//! told the keys with higher ones, as they are by then.
//!
//! No clock, no IO. A reader that is slow is told fewer states and never an old one; nothing is queued for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a key stands for.
pub(super) trait State {
    /// Whether somebody who knows `before` must be told of this.
    fn is_news_after(&self, before: &Self) -> bool;
}

/// States by their keys, and the order of their last changes.
#[derive(Debug)]
pub(super) struct Journal<K, S> {
    keys: BTreeMap<K, Entry<S>>,
    /// The key that each change was of. Of a key only the last one is kept.
    order: BTreeMap<u64, K>,
    /// The changes by which a key went.
    gone: BTreeSet<u64>,
    most_gone: usize,
    last: u64,
    /// Whoever is behind this may know keys that went, and cannot be told so.
    floor: u64,
}

#[derive(Debug)]
struct Entry<S> {
    changed: u64,
    /// None once it is gone.
    state: Option<Arc<S>>,
}

/// A key's last change.
#[derive(Debug)]
pub(super) struct Change<K, S> {
    /// Its number. Who was told this has been told everything up to it.
    pub(super) number: u64,
    /// The key.
    pub(super) key: K,
    /// Its state; none when it is gone.
    pub(super) state: Option<Arc<S>>,
}

impl<K: Ord + Clone, S: State> Journal<K, S> {
    /// Empty. So many keys that went are remembered.
    pub(super) fn new(most_gone: usize) -> Self {
        Self {
            keys: BTreeMap::new(),
            order: BTreeMap::new(),
            gone: BTreeSet::new(),
            most_gone,
            last: 0,
            floor: 0,
        }
    }

    /// The number of the newest change.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Whether a reader that was told everything up to this number can be told the rest. If not, it needs all of it.
    pub(super) fn can_resume(&self, number: u64) -> bool {
        (self.floor..=self.last).contains(&number)
    }

    /// What comes next for a reader that was told everything up to this number; none when there is nothing new.
    pub(super) fn next(&self, number: u64) -> Option<Change<K, S>> {
        let (number, key) = self.order.range(number.checked_add(1)?..).next()?;
        Some(Change {
            number: *number,
            key: key.clone(),
            state: self.keys.get(key).and_then(|entry| entry.state.clone()),
        })
    }

    /// The number of a key's last change; none of one that never was, or went long ago.
    pub(super) fn number_of(&self, key: &K) -> Option<u64> {
        self.keys.get(key).map(|entry| entry.changed)
    }

    /// Everything that is there.
    pub(super) fn all(&self) -> impl Iterator<Item = (&K, &Arc<S>)> {
        let there = |(key, entry)| Some((key, Entry::<S>::state(entry)?));
        self.keys.iter().filter_map(there)
    }

    /// These are all there are among the keys that `is_meant`: what is new or news gets a number, what is missing goes.
    pub(super) fn replace(
        &mut self,
        is_meant: impl Fn(&K) -> bool,
        now: impl IntoIterator<Item = (K, S)>,
    ) {
        let now: BTreeMap<K, S> = now.into_iter().collect();
        let is_missing = |(key, entry): &(&K, &Entry<S>)| {
            entry.state.is_some() && is_meant(key) && !now.contains_key(key)
        };
        let missing = self.keys.iter().filter(is_missing);
        let missing: Vec<K> = missing.map(|(key, _)| key.clone()).collect();
        for key in missing {
            self.write(key, None);
        }
        for (key, state) in now {
            self.put(key, state);
        }
        self.forget();
    }

    fn put(&mut self, key: K, state: S) {
        let before = self.keys.get_mut(&key);
        if let Some(before) = before.and_then(|entry| entry.state.as_mut())
            && !state.is_news_after(before)
        {
            // For whoever comes anew.
            *before = Arc::new(state);
            return;
        }
        self.write(key, Some(Arc::new(state)));
    }

    fn write(&mut self, key: K, state: Option<Arc<S>>) {
        self.last += 1;
        if state.is_none() {
            self.gone.insert(self.last);
        }
        self.order.insert(self.last, key.clone());
        let changed = self.last;
        if let Some(before) = self.keys.insert(key, Entry { changed, state }) {
            self.order.remove(&before.changed);
            self.gone.remove(&before.changed);
        }
    }

    /// Keys that went long ago are not remembered, or they would be more and more.
    fn forget(&mut self) {
        while self.gone.len() > self.most_gone {
            let Some(oldest) = self.gone.pop_first() else {
                return;
            };
            if let Some(key) = self.order.remove(&oldest) {
                self.keys.remove(&key);
            }
            self.floor = oldest;
        }
    }
}

impl<S> Entry<S> {
    fn state(entry: &Self) -> Option<&Arc<S>> {
        entry.state.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Odd and even keys are two kinds. A state's second part is no news by itself.
    type Told = (u8, u8);

    impl State for Told {
        fn is_news_after(&self, before: &Self) -> bool {
            self.0 != before.0
        }
    }

    /// Somebody who is told one thing after the other, and keeps what it was told.
    #[derive(Debug, Default)]
    struct Reader {
        number: u64,
        knows: BTreeMap<u8, u8>,
        snapshots: usize,
    }

    impl Reader {
        /// Told one thing; false when there is nothing new.
        fn read(&mut self, journal: &Journal<u8, Told>) -> bool {
            if !journal.can_resume(self.number) {
                self.snapshots += 1;
                self.number = journal.last();
                self.knows = states(journal);
                return true;
            }
            let Some(change) = journal.next(self.number) else {
                return false;
            };
            assert!(change.number > self.number, "a number moves on");
            self.number = change.number;
            match change.state {
                Some(state) => self.knows.insert(change.key, state.0),
                None => self.knows.remove(&change.key),
            };
            true
        }
    }

    fn states(journal: &Journal<u8, Told>) -> BTreeMap<u8, u8> {
        let told = |(key, state): (&u8, &Arc<Told>)| (*key, state.0);
        journal.all().map(told).collect()
    }

    /// What happens, one thing after the other.
    #[derive(Debug, Clone)]
    enum Step {
        /// All keys of one kind are these from now on.
        Replace(bool, BTreeMap<u8, Told>),
        /// A reader reads so many times.
        Read(usize, usize),
        /// A reader is lost, and another one begins where it was.
        Resume(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let states = prop::collection::btree_map(0_u8..8, (0_u8..3, 0_u8..3), 0..8);
        prop_oneof![
            3 => (any::<bool>(), states).prop_map(|(kind, now)| Step::Replace(kind, now)),
            3 => (0_usize..3, 0_usize..6).prop_map(|(reader, times)| Step::Read(reader, times)),
            1 => (0_usize..3).prop_map(Step::Resume),
        ]
    }

    proptest! {
        #[test]
        fn whoever_reads_at_any_pace_ends_with_what_is_there(
            steps in prop::collection::vec(step(), 0..60),
            most_gone in 0_usize..6,
        ) {
            let mut journal = Journal::new(most_gone);
            let mut readers: [Reader; 3] = Default::default();
            let mut truth: BTreeMap<u8, Told> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Replace(kind, now) => {
                        let is_meant = move |key: &u8| key.is_multiple_of(2) == kind;
                        let now: Vec<_> = now.into_iter().filter(|(key, _)| is_meant(key)).collect();
                        truth.retain(|key, _| !is_meant(key));
                        truth.extend(now.iter().copied());
                        journal.replace(is_meant, now);
                    }
                    Step::Read(reader, times) => {
                        for _ in 0..times {
                            readers[reader].read(&journal);
                        }
                    }
                    Step::Resume(reader) => {
                        let before = std::mem::take(&mut readers[reader]);
                        readers[reader] = Reader { snapshots: 0, ..before };
                    }
                }
                prop_assert!(journal.gone.len() <= most_gone);
                prop_assert_eq!(journal.order.len(), journal.keys.len());
            }
            let now: BTreeMap<u8, Told> = journal.all().map(|(key, state)| (*key, **state)).collect();
            prop_assert_eq!(&now, &truth, "what is no news is there for whoever comes anew");
            for reader in &mut readers {
                let mut told = 0;
                while reader.read(&journal) {
                    told += 1;
                    prop_assert!(told <= 8 + 1, "each key once, or everything at once");
                }
                prop_assert_eq!(&reader.knows, &states(&journal));
            }
        }
    }

    #[test]
    fn a_key_is_told_once_however_often_it_changed() {
        let mut journal = Journal::new(10);
        for state in 0..100 {
            journal.replace(|_| true, [(1_u8, (state, 0)), (2, (0, 0))]);
        }
        let mut reader = Reader::default();
        assert!(reader.read(&journal) && reader.read(&journal) && !reader.read(&journal));
        assert_eq!((reader.knows[&1], reader.snapshots), (99, 0));
    }

    #[test]
    fn whoever_missed_more_than_is_remembered_is_told_everything() {
        let mut journal = Journal::new(2);
        journal.replace(|_| true, (0_u8..4).map(|key| (key, (0, 0))));
        let mut reader = Reader::default();
        while reader.read(&journal) {}
        journal.replace(|_| true, [(0, (0, 0))]);
        assert!(!journal.can_resume(reader.number));
        assert!(
            !journal.can_resume(journal.last() + 1),
            "of another journal"
        );
        while reader.read(&journal) {}
        assert_eq!((reader.knows.len(), reader.snapshots), (1, 1));
    }
}
