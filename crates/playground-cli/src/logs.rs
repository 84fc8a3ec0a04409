//! `playground logs`, and what it shares with `playground builds logs`.

use clap::Args;
use futures_util::{Stream, TryStreamExt as _};
use playground_client::{ClientError, LogEvent, LogFailure, LogTail};

use crate::connect::Session;
use crate::exit::{Exit, Problem};
use crate::human::plain;
use crate::language::Language;
use crate::output::{is_terminal, print};
use crate::progress::above_bars;

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    /// The container: its record key, name, Docker id or the beginning of one
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    /// Go on with what it prints from now on
    #[arg(long, short)]
    follow: bool,
    /// Only the last lines [default: 500]
    #[arg(long, short = 'n', value_name = "N")]
    tail: Option<u32>,
}

pub(crate) async fn run(args: LogsArgs, session: Session) -> anyhow::Result<()> {
    let tail = LogTail {
        tail: args.tail,
        since: None,
    };
    let client = &session.client;
    if args.follow {
        return follow(client.follow_container_log(&args.id, &tail)).await;
    }
    print_log(&client.container_log(&args.id, &tail).await?)
}

/// Prints a whole log.
pub(crate) fn print_log(text: &str) -> anyhow::Result<()> {
    for line in text.lines() {
        print_line(line)?;
    }
    Ok(())
}

/// Prints a log as it grows.
pub(crate) async fn follow(
    events: impl Stream<Item = Result<LogEvent, ClientError>>,
) -> anyhow::Result<()> {
    let mut events = std::pin::pin!(events);
    while let Some(event) = events.try_next().await? {
        match event {
            LogEvent::Line(line) => print_line(&line)?,
            LogEvent::Failed(ended) => return Err(failed(ended).into()),
            _ => {}
        }
    }
    Ok(())
}

/// Only the launch of a plugin says why it failed; a stream that broke says that it did.
fn failed(ended: LogFailure) -> Problem {
    let Some(failure) = ended.failure else {
        return Problem::new(Exit::PluginFailed, ended.reason);
    };
    let language = Language::of_user();
    Problem {
        message: language.message(&failure).to_owned(),
        hint: language.hint(&failure).map(str::to_owned),
        ..Problem::new(Exit::PluginFailed, ended.reason)
    }
}

/// A file gets the line as it is; a terminal, only what it cannot obey.
fn print_line(line: &str) -> anyhow::Result<()> {
    let shown = if is_terminal() {
        above_bars(|| print(&plain(line)))
    } else {
        print(line)
    };
    Ok(shown?)
}
