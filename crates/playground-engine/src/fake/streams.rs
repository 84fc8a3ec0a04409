//! Logs and events: both read a list that grows, and wait for the next change at its end.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use playground_types::EngineId;

use super::state::{State, owned_by};
use super::{FakeEngine, Op};
use crate::{EngineError, EngineEvent, EventOptions, LogLine, LogOptions, Result};

/// What a reader finds at its place in the list.
enum Next<T> {
    Item(T),
    Wait,
    End,
}

impl FakeEngine {
    pub(crate) async fn logs(
        &self,
        id: &EngineId,
        options: LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine>>> {
        let id = id.clone();
        let (from, until) = self
            .call(Op::Logs, |state| {
                let lines = state.container(&id)?.log.len();
                let tail = options.tail.map_or(lines, |tail| tail as usize);
                Ok((lines.saturating_sub(tail), lines))
            })
            .await?;
        let mut at = from;
        let lines = self.follow(move |state| {
            let Ok(container) = state.container(&id) else {
                return Next::End;
            };
            if !options.follow && at >= until {
                return Next::End;
            }
            match container.log.get(at) {
                Some(line) => {
                    at += 1;
                    Next::Item(Ok(line.clone()))
                }
                None if container.is_up() => Next::Wait,
                None => Next::End,
            }
        });
        let since = options.since;
        let recent = move |line: &Result<LogLine>| match line {
            Ok(line) => line.at >= since || since.is_none(),
            Err(_) => true,
        };
        Ok(lines
            .filter(move |line| std::future::ready(recent(line)))
            .boxed())
    }

    pub(crate) async fn events(
        &self,
        agent_id: &str,
        options: EventOptions,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        let agent_id = agent_id.to_owned();
        let (mut at, cuts) = self
            .call(Op::Events, |state| {
                let from = match options.since {
                    Some(since) => state.history.partition_point(|event| event.at < since),
                    None => state.history.len(),
                };
                Ok((from, state.cuts))
            })
            .await?;
        let mut over = false;
        let events = self.follow(move |state| {
            if over {
                return Next::End;
            }
            while let Some(event) = state.history.get(at) {
                at += 1;
                if owned_by(&event.labels, &agent_id) {
                    return Next::Item(Ok(event.clone()));
                }
            }
            if state.cuts == cuts {
                return Next::Wait;
            }
            over = true;
            Next::Item(Err(EngineError::EventsEnded))
        });
        Ok(events)
    }

    pub(crate) async fn network_events(
        &self,
        network: &str,
        options: EventOptions,
    ) -> Result<BoxStream<'static, Result<EngineEvent>>> {
        let network = network.to_owned();
        let (mut at, cuts) = self
            .call(Op::NetworkEvents, |state| {
                let history = &state.network_history;
                let from = match options.since {
                    Some(since) => history.partition_point(|(_, event)| event.at < since),
                    None => history.len(),
                };
                Ok((from, state.cuts))
            })
            .await?;
        let mut over = false;
        let events = self.follow(move |state| {
            if over {
                return Next::End;
            }
            while let Some((of, event)) = state.network_history.get(at) {
                at += 1;
                if *of == network {
                    return Next::Item(Ok(event.clone()));
                }
            }
            if state.cuts == cuts {
                return Next::Wait;
            }
            over = true;
            Next::Item(Err(EngineError::EventsEnded))
        });
        Ok(events)
    }

    fn follow<T: Send + 'static>(
        &self,
        next: impl FnMut(&mut State) -> Next<T> + Send + 'static,
    ) -> BoxStream<'static, T> {
        let seed = (self.clone(), self.0.changed.subscribe(), next);
        stream::unfold(seed, |(engine, mut changed, mut next)| async move {
            loop {
                changed.mark_unchanged();
                let found = next(&mut engine.state());
                match found {
                    Next::Item(item) => return Some((item, (engine, changed, next))),
                    Next::End => return None,
                    Next::Wait => changed.changed().await.ok()?,
                }
            }
        })
        .boxed()
    }
}
