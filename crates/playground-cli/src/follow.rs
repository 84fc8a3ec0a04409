//! Watching a launch: its build's steps, the tail of its log, where it stands, until it ends.

use std::time::Duration;

use futures_util::StreamExt as _;
use playground_client::{Client, ClientError, LogEvent};
use playground_types::LaunchStatus;
use playground_types::wire::{Created, Launch};
use tokio::time::{MissedTickBehavior, interval};

use crate::builds::{in_line, step_line};
use crate::exit::{Exit, Problem};
use crate::interrupt::unless_interrupted;
use crate::language::say;
use crate::leave::agrees;
use crate::output::has_motion;
use crate::progress::{Progress, Step};

/// How often the steps are looked at. The log comes by itself.
const LOOK: Duration = Duration::from_secs(1);
/// The log has said that it ended: so has the launch, or it is about to.
const END: Duration = Duration::from_secs(60);
/// What the Agent's build logs write before the name of a step.
const STEP_MARK: &str = "=> ";

/// A launch that has ended.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) launch: Launch,
    /// What its build printed was printed line by line.
    pub(crate) is_told: bool,
}

impl Followed {
    /// Whether it failed because its build did: the last lines of that are the build's.
    pub(crate) fn is_failed_build(&self) -> bool {
        let build = self.launch.image_build.as_ref();
        build.is_some_and(|build| build.failure.is_some())
    }
}

/// Waits for the launch of a create, showing what happens. `asks` whether Ctrl-C shall cancel it.
pub(crate) async fn follow(
    client: &Client,
    created: &Created,
    progress: &Progress,
    asks: bool,
) -> anyhow::Result<Followed> {
    let id = &created.build_id;
    // What was quick needs no watching.
    let launch = unless_interrupted(async { Ok(client.build(id).await?) }).await?;
    if launch.status.is_final() {
        let is_told = false;
        return Ok(Followed { launch, is_told });
    }
    let mut watch = Watch {
        step: progress.step(title(&launch)),
        release: launch.plugin_release.clone(),
        status: launch.status,
        steps_told: 0,
        place_told: launch.position,
    };
    // Cancel-safe: being interrupted ends the command.
    tokio::select! {
        ended = watch.until_the_end(client, id) => Ok(Followed {
            launch: ended?,
            // What moves leaves no line.
            is_told: !has_motion(),
        }),
        _ = tokio::signal::ctrl_c() => {
            // Nothing moves below the question.
            drop(watch);
            Err(interrupted(client, &launch, asks).await?.into())
        }
    }
}

/// What becomes of a launch that is not watched any more.
async fn interrupted(client: &Client, launch: &Launch, asks: bool) -> anyhow::Result<Problem> {
    let (id, release) = (&launch.build_id, &launch.plugin_release);
    let question = say("Cancel the build? [y/N] ", "빌드를 취소할까요? [y/N] ");
    if asks && agrees(&question).await {
        unless_interrupted(async { Ok(client.cancel_build(id).await?) }).await?;
        let message = say(
            format!("interrupted; {release} is cancelled"),
            format!("중단하고 취소했습니다: {release}"),
        );
        return Ok(Problem::new(Exit::Interrupted, message));
    }
    let message = say(
        format!("interrupted; {release} goes on"),
        format!("중단했습니다. {release} 작업은 계속됩니다"),
    );
    let hint = say(
        format!("`playground builds cancel {id}` ends it"),
        format!("`playground builds cancel {id}` 명령으로 끝낼 수 있습니다"),
    );
    Ok(Problem::new(Exit::Interrupted, message).hint(hint))
}

/// What was told so far.
struct Watch {
    step: Step,
    release: String,
    status: LaunchStatus,
    steps_told: usize,
    place_told: Option<u64>,
}

impl Watch {
    async fn until_the_end(&mut self, client: &Client, id: &str) -> anyhow::Result<Launch> {
        let mut events = std::pin::pin!(client.follow_build_log(id));
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // Cancel-safe: a stream loses nothing when its next event is not awaited, nor does an interval.
            tokio::select! {
                event = events.next() => match event.transpose()? {
                    // Steps are told once they ended, with their time.
                    Some(LogEvent::Line(line)) if line.starts_with(STEP_MARK) => {}
                    Some(LogEvent::Line(line)) => self.step.log(&line),
                    Some(LogEvent::Status(status)) => self.enter(status),
                    Some(LogEvent::Failed(_) | LogEvent::Ended) | None => break,
                    Some(_) => {}
                },
                _ = look.tick() => match client.build(id).await {
                    Ok(launch) => {
                        self.place(&launch);
                        self.steps(&launch);
                    }
                    // The log is taken up again, or gives up: an Agent that is back soon has kept the launch.
                    Err(ClientError::Unreachable { .. } | ClientError::Timeout { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let launch = client.wait_for_build(id, END).await?;
        self.steps(&launch);
        Ok(launch)
    }

    fn enter(&mut self, status: LaunchStatus) {
        if status != self.status && !status.is_final() {
            self.status = status;
            self.step
                .rename(format!("{}: {}", self.release, word(status)));
        }
    }

    /// Tells where its build stands in line: whenever it moves up, and, where lines can be replaced, as time goes by.
    fn place(&mut self, launch: &Launch) {
        if launch.position.is_some() && (self.place_told != launch.position || has_motion()) {
            self.place_told = launch.position;
            self.step.rename(title(launch));
        }
    }

    /// Tells the steps that ended since the last look, in their order.
    fn steps(&mut self, launch: &Launch) {
        let Some(build) = &launch.image_build else {
            return;
        };
        let ended =
            build.steps.iter().skip(self.steps_told).take_while(|step| {
                step.cached || step.error.is_some() || step.duration_ms.is_some()
            });
        for step in ended {
            self.step.line(&format!("  {}", step_line(step)));
            self.steps_told += 1;
        }
    }
}

fn title(launch: &Launch) -> String {
    let title = format!("{}: {}", launch.plugin_release, word(launch.status));
    match in_line(launch) {
        Some(place) => format!("{title}, {place}"),
        None => title,
    }
}

/// How far a launch is, for people.
fn word(status: LaunchStatus) -> String {
    let korean = match status {
        LaunchStatus::Queued => "대기 중",
        LaunchStatus::Building => "빌드 중",
        LaunchStatus::Starting => "시작 중",
        LaunchStatus::Completed => "완료",
        LaunchStatus::Failed => "실패",
        LaunchStatus::Cancelled => "취소됨",
    };
    say(status.as_str(), korean)
}
