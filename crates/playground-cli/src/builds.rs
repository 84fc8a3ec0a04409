//! `playground builds`: what creates started.

use std::time::Duration;

use clap::{Args, Subcommand};
use comfy_table::Cell;
use playground_types::StepPurpose;
use playground_types::wire::{BuildStep, Launch};

use crate::connect::Session;
use crate::human::{age, or_dash, seconds, short};
use crate::language::{Language, say};
use crate::list::{Shape, list};
use crate::logs::{follow, print_log};
use crate::outcome::tell;
use crate::output::{Output, print, print_json};
use crate::show::failed;
use crate::table::{launch_status, pairs, table, text};

/// Builds shown unless all are wanted.
const NEWEST: u64 = 20;

#[derive(Debug, Args)]
pub(crate) struct BuildsArgs {
    #[command(subcommand)]
    command: Option<BuildsCommand>,
}

#[derive(Debug, Subcommand)]
enum BuildsCommand {
    /// List the builds [default]
    Ls {
        /// Every build, not only the newest 20
        #[arg(long, short)]
        all: bool,
    },
    /// Show one build with its steps
    Show(BuildArgs),
    /// Print a build's log
    Logs {
        #[command(flatten)]
        build: BuildArgs,
        /// Go on until it ends; fails when the build does
        #[arg(long, short)]
        follow: bool,
    },
    /// Cancel a build that has not ended
    Cancel(BuildArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The build's id, as create and `builds ls` print it
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
}

pub(crate) async fn run(args: BuildsArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    match args.command.unwrap_or(BuildsCommand::Ls { all: false }) {
        BuildsCommand::Ls { all } => ls(all, &session).await,
        BuildsCommand::Show(build) => show(&build.id, &session).await,
        BuildsCommand::Logs {
            build,
            follow: true,
        } => follow(client.follow_build_log(&build.id)).await,
        BuildsCommand::Logs { build, .. } => print_log(&client.build_log(&build.id).await?),
        BuildsCommand::Cancel(build) => cancel(&build, session).await,
    }
}

/// Also a verb of its own.
pub(crate) async fn cancel(build: &BuildArgs, session: Session) -> anyhow::Result<()> {
    session.client.cancel_build(&build.id).await?;
    tell(&build.id, "cancelled", session.output)
}

async fn ls(all: bool, session: &Session) -> anyhow::Result<()> {
    let client = &session.client;
    let shape = Shape {
        output: session.output,
        none: say("no builds", "빌드가 없습니다"),
        table: listed,
    };
    list(all, client.all_builds(), client.builds(1, NEWEST), shape).await
}

fn listed(launches: &[Launch]) -> String {
    let language = Language::of_user();
    let why = |launch: &Launch| {
        let failure = launch.failure.as_ref();
        let told = failure.map(|failure| language.message(failure).to_owned());
        told.or_else(|| launch.error.clone()).unwrap_or_default()
    };
    table(
        &["BUILD", "RELEASE", "STATUS", "AGE", "ERROR"],
        launches.iter().map(|launch| {
            vec![
                text(&launch.build_id),
                text(&launch.plugin_release),
                launch_status(launch.status),
                text(age(&launch.created_at)),
                text(why(launch)),
            ]
        }),
    )
}

async fn show(id: &str, session: &Session) -> anyhow::Result<()> {
    let launch = session.client.build(id).await?;
    match session.output {
        Output::Json => print_json(&launch),
        Output::Table => Ok(print(&shown(&launch))?),
    }
}

fn shown(launch: &Launch) -> String {
    let mut rows: Vec<(&'static str, Cell)> = vec![
        ("build", text(&launch.build_id)),
        ("release", text(&launch.plugin_release)),
        ("status", launch_status(launch.status)),
        ("container", text(launch.container_pk.to_string())),
        ("created", text(&launch.created_at)),
        ("finished", text(or_dash(launch.finished_at.as_deref()))),
    ];
    if let Some(place) = in_line(launch) {
        rows.push(("waits", text(place)));
    }
    if let Some(build) = &launch.image_build {
        rows.push(("image", text(&build.image)));
    }
    let mut shown = pairs(rows);
    if let Some(build) = &launch.image_build {
        for step in &build.steps {
            shown.push_str(&format!("\n  {}", step_line(step)));
        }
    }
    if let Some(failure) = &launch.failure {
        shown.push_str(&failed(failure));
    }
    shown
}

/// Where a launch's build stands in line, and about how long it will.
pub(crate) fn in_line(launch: &Launch) -> Option<String> {
    let place = match launch.position? {
        0 | 1 => say("next in line", "다음 차례"),
        place => say(
            format!("{}{} in line", place, ordinal(place)),
            format!("대기 {place}번째"),
        ),
    };
    let about = |english: String, korean: String| format!("{place}, {}", say(english, korean));
    Some(match launch.estimate_seconds {
        None => place,
        Some(seconds @ 0..=119) => about(format!("about {seconds} s"), format!("약 {seconds}초")),
        Some(seconds) => {
            let minutes = seconds.div_ceil(60);
            about(format!("about {minutes} min"), format!("약 {minutes}분"))
        }
    })
}

fn ordinal(number: u64) -> &'static str {
    match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    }
}

/// A build's step in one line.
pub(crate) fn step_line(step: &BuildStep) -> String {
    let state = match (step.cached, step.duration_ms) {
        (true, _) => say("cached", "캐시"),
        (false, Some(millis)) => seconds(Duration::from_millis(millis)),
        (false, None) => "...".to_owned(),
    };
    let name = step.purpose.map_or_else(|| short(&step.name), purpose);
    match step.error {
        None => format!("{name}  {state}"),
        Some(_) => format!("{name}  {state}  {}", say("failed", "실패")),
    }
}

fn purpose(purpose: StepPurpose) -> String {
    let (english, korean) = match purpose {
        StepPurpose::Context => ("send the files", "파일 보내기"),
        StepPurpose::Base => ("look up the base image", "베이스 이미지 찾기"),
        StepPurpose::Prepare => ("prepare the image", "이미지 준비"),
        StepPurpose::Install => ("install requirements", "필요한 패키지 설치"),
        StepPurpose::Launcher => ("add the launcher", "런처 넣기"),
        StepPurpose::Code => ("add the plugin's code", "플러그인 코드 넣기"),
        StepPurpose::Compile => ("compile to byte code", "바이트코드로 컴파일"),
        StepPurpose::Finish => ("set how it starts", "시작 방법 정하기"),
        StepPurpose::Save => ("save the image", "이미지 저장"),
    };
    say(english, korean)
}

#[cfg(test)]
mod tests {
    use super::ordinal;

    #[test]
    fn places_are_said_as_people_do() {
        let said: Vec<String> = [2, 3, 4, 11, 12, 13, 21, 22, 113]
            .map(|number| format!("{number}{}", ordinal(number)))
            .into();
        assert_eq!(said.join(" "), "2nd 3rd 4th 11th 12th 13th 21st 22nd 113th");
    }
}
