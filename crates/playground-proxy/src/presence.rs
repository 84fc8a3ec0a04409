//! Who is at an app, and how many look on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::SocketAddr;

use tokio::time::Instant;

/// Who is there.
#[derive(Debug)]
pub(crate) struct Presence {
    pub(crate) open: usize,
    /// Streams of events among them, of pages that do not say who they are.
    streams: usize,
    /// The others, by their page: one has several while something is computed for it.
    pages: HashMap<String, usize>,
    /// WebSockets among them.
    pub(crate) tunnels: usize,
    /// Pages that show the app to somebody. Each of those holds streams as well, so these are no more people than those.
    looks: usize,
    /// When the last of them left; none when nobody ever did.
    pub(crate) left: Option<Instant>,
    /// When the time without anybody began.
    pub(crate) idle_since: Instant,
    /// Nobody is let in.
    pub(crate) is_shut: bool,
    /// How many are at each of the app's addresses: one, or two while a container gives way to its successor.
    pub(crate) at: Vec<(SocketAddr, u64)>,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            open: 0,
            streams: 0,
            pages: HashMap::new(),
            tunnels: 0,
            looks: 0,
            left: None,
            idle_since: Instant::now(),
            is_shut: false,
            at: Vec::new(),
        }
    }
}

impl Presence {
    pub(crate) fn look_on(&mut self, how: &How) {
        match how {
            How::Stream(None) => self.streams += 1,
            How::Stream(Some(page)) => *self.pages.entry(page.clone()).or_default() += 1,
            How::Tunnel => self.tunnels += 1,
            How::Look => self.looks += 1,
        }
    }

    pub(crate) fn look_away(&mut self, how: &How) {
        match how {
            How::Stream(None) => self.streams -= 1,
            How::Stream(Some(page)) => {
                let Entry::Occupied(mut streams) = self.pages.entry(page.clone()) else {
                    return;
                };
                *streams.get_mut() -= 1;
                if *streams.get() == 0 {
                    streams.remove();
                }
            }
            How::Tunnel => self.tunnels -= 1,
            How::Look => self.looks -= 1,
        }
    }

    /// How many people there are, as far as can be told. Pages that show the app hold its streams as well, so those are counted
    /// once.
    pub(crate) fn viewers(&self) -> usize {
        self.looks
            .max(self.streams + self.pages.len() + self.tunnels)
    }

    pub(crate) fn arrive(&mut self, address: SocketAddr) {
        match self.at.iter_mut().find(|(at, _)| *at == address) {
            Some((_, count)) => *count += 1,
            None => self.at.push((address, 1)),
        }
    }

    pub(crate) fn leave(&mut self, address: SocketAddr) {
        self.at.retain_mut(|(at, count)| {
            *count -= u64::from(*at == address);
            *count > 0
        });
    }
}

/// How somebody looks on.
#[derive(Debug)]
pub(crate) enum How {
    /// By a stream of events, for the page that says who it is.
    Stream(Option<String>),
    Tunnel,
    Look,
}
