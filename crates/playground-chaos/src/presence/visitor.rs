//! Somebody who comes and goes: looks at a page, keeps it open, or has a prediction made.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use futures_util::StreamExt as _;
use playground_types::wire::Container;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::agent;
use crate::chaos::report::Heard;
use crate::random::Random;

/// Longer than any wake and any prediction of a run.
const PATIENCE: Duration = Duration::from_secs(90);
/// What the engine does so close to the beginning or the end of what a visitor saw may have been before or after.
const CLOSE: Duration = Duration::from_millis(100);

/// An app's address at the gateway.
#[derive(Debug)]
pub(crate) struct Door {
    /// Its container's name.
    pub(crate) name: String,
    url: String,
}

/// What somebody saw of an app.
#[derive(Debug)]
pub(crate) struct Saw {
    pub(crate) what: &'static str,
    pub(crate) door: usize,
    pub(crate) heard: Heard,
    /// What was wrong with it.
    pub(crate) complaint: Option<String>,
    /// From the request to the first answer.
    pub(crate) waited: Duration,
    /// From the first answer to the end.
    begun: Instant,
    ended: Instant,
}

/// What somebody does.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Loads the page, as a browser does.
    Page,
    /// Keeps the page open: Gradio's heartbeat.
    Stay,
    /// Has a prediction made and reads it to its end.
    Predict,
    /// The same, and asks for the answer only after a while.
    PredictLater,
}

pub(crate) struct Visitor {
    random: Random,
    doors: Arc<Vec<Door>>,
    saw: Arc<Mutex<Vec<Saw>>>,
    http: Client,
}

impl Door {
    pub(crate) fn of(container: &Container) -> Self {
        let label = container.name.replace('_', "-");
        Self {
            name: container.name.clone(),
            url: format!("http://127.0.0.1:{}/play/{label}", agent::PORT),
        }
    }
}

impl Saw {
    /// Whether this began before and ended after.
    pub(crate) fn lasted_over(&self, at: Instant) -> bool {
        self.begun + CLOSE < at && at + CLOSE < self.ended
    }
}

impl Visitor {
    pub(crate) fn new(
        random: Random,
        doors: Arc<Vec<Door>>,
        saw: Arc<Mutex<Vec<Saw>>>,
    ) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().build()?;
        Ok(Self {
            random,
            doors,
            saw,
            http,
        })
    }

    /// Visits and pauses until the time is over.
    pub(crate) async fn come_and_go(mut self, until: Instant) {
        while Instant::now() < until {
            let door = usize::try_from(self.random.below(self.doors.len() as u64)).unwrap_or(0);
            let act = self.random.weighted(&[
                (2, Act::Page),
                (2, Act::Stay),
                (3, Act::Predict),
                (1, Act::PredictLater),
            ]);
            let for_so_long = Duration::from_millis(500 + self.random.below(8_000));
            let saw = self.visit(door, act, for_so_long).await;
            self.saw
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(saw);
            // Now and then everybody happens to be away, and that for as long as it takes to sink to any depth.
            let away = self
                .random
                .weighted(&[(3, 3_000), (2, 15_000), (1, 40_000)]);
            sleep(Duration::from_millis(self.random.below(away))).await;
        }
    }

    async fn visit(&self, door: usize, act: Act, for_so_long: Duration) -> Saw {
        let asked = Instant::now();
        let mut saw = Saw {
            what: act.word(),
            door,
            heard: Heard::Yes,
            complaint: None,
            waited: Duration::ZERO,
            begun: asked,
            ended: asked,
        };
        let done = timeout(PATIENCE, self.act(act, for_so_long, &mut saw)).await;
        saw.ended = Instant::now();
        saw.complaint = match done {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(format!("{error:#}")),
            Err(_) => Some(format!("no end within {PATIENCE:?}")),
        };
        if saw.complaint.is_some() {
            saw.heard = Heard::Nothing;
        }
        saw
    }

    async fn act(&self, act: Act, for_so_long: Duration, saw: &mut Saw) -> anyhow::Result<()> {
        let url = &self.doors[saw.door].url;
        let api = format!("{url}/gradio_api");
        match act {
            Act::Page => {
                let page = self.page(url, saw).await?;
                ensure!(page.contains("gradio"), "no page of Gradio: {page:.200}");
            }
            Act::Stay => {
                let session = format!("{api}/heartbeat/{}", saw.ended.elapsed().as_nanos());
                let answer = self.first(self.http.get(session), saw).await?;
                let mut beats = answer.bytes_stream();
                let ended = async { while let Some(Ok(_)) = beats.next().await {} };
                ensure!(
                    timeout(for_so_long, ended).await.is_err(),
                    "the stream ended"
                );
            }
            Act::Predict | Act::PredictLater => {
                let count = for_so_long.as_millis() / 250;
                let call = self
                    .http
                    .post(format!("{api}/call/ticks"))
                    .json(&json!({"data": [count]}));
                let answer: Value = self.first(call, saw).await?.json().await?;
                let event = answer["event_id"].as_str().context("no event")?;
                if matches!(act, Act::PredictLater) {
                    sleep(Duration::from_millis(1_500)).await;
                }
                let told = self.http.get(format!("{api}/call/ticks/{event}"));
                let told = self.ask(told).await?.text().await?;
                ensure!(
                    told.contains(&format!("told {count}")),
                    "not told to the end: {told:.300}"
                );
            }
        }
        Ok(())
    }

    /// A browser is shown a page while the app wakes, which asks again by itself.
    async fn page(&self, url: &str, saw: &mut Saw) -> anyhow::Result<String> {
        let asked = Instant::now();
        loop {
            let request = self
                .http
                .get(format!("{url}/"))
                .header("Accept", "text/html");
            let answer = request.header("Authorization", agent::TOKEN).send().await?;
            let status = answer.status();
            let text = answer.text().await?;
            match status.as_u16() {
                200 => {
                    (saw.waited, saw.begun) = (asked.elapsed(), Instant::now());
                    return Ok(text);
                }
                503 if text.contains("http-equiv=\"refresh\"") => {
                    sleep(Duration::from_secs(1)).await
                }
                _ => bail!("{status}: {text:.300}"),
            }
        }
    }

    async fn first(&self, request: RequestBuilder, saw: &mut Saw) -> anyhow::Result<Response> {
        let asked = Instant::now();
        let answer = self.ask(request).await?;
        (saw.waited, saw.begun) = (asked.elapsed(), Instant::now());
        Ok(answer)
    }

    async fn ask(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let answer = request.header("Authorization", agent::TOKEN).send().await?;
        let status = answer.status();
        if !status.is_success() {
            bail!("{status}: {:.300}", answer.text().await?);
        }
        Ok(answer)
    }
}

impl Act {
    fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Stay => "page kept open",
            Self::Predict => "prediction",
            Self::PredictLater => "prediction, read later",
        }
    }
}
