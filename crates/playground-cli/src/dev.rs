//! `playground dev`: every save reaches the running app.
//!
//! The container is a live one: changed code is put into it, and its app begins anew without another image, another
//! container, or Gradio's import. Changed requirements are a build.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use playground_client::{Client, CreateRequest, LogTail};
use playground_types::wire::{Created, OnExisting};
use tokio::task::JoinHandle;

use crate::check::refuse_broken;
use crate::connect::Session;
use crate::create::ready;
use crate::edits::{Edit, Edits};
use crate::exit::{Problem, report};
use crate::human::seconds;
use crate::language::say;
use crate::leave::leave;
use crate::output::note;
use crate::progress::Progress;
use crate::run::{HowArgs, bring_up, launched};
use crate::{browser, logs};

#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    /// The plugin's directory
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    how: HowArgs,
}

/// What is developed.
struct Dev {
    session: Session,
    folder: PathBuf,
    request: CreateRequest,
    /// The app, once it was ready for the first time.
    name: Option<String>,
    log: Option<JoinHandle<()>>,
    checks: bool,
    opens: bool,
}

pub(crate) async fn run(args: DevArgs, session: Session) -> anyhow::Result<()> {
    if !args.folder.is_dir() {
        let folder = args.folder.display();
        bail!(say(
            format!("{folder} is no directory"),
            format!("디렉터리가 아닙니다: {folder}")
        ));
    }
    let mut edits = Edits::of(&args.folder)?;
    let mut dev = Dev {
        session,
        folder: args.folder,
        request: CreateRequest {
            on_existing: Some(OnExisting::Reuse),
            live: true,
            ..args.how.settings.request()
        },
        name: None,
        log: None,
        checks: !args.how.no_check,
        opens: !args.how.no_open,
    };
    // Cancel-safe: a launch that nobody awaits goes on at the Agent, and the edits end with the command. What is under
    // way is asked first: it says how a launch that it watches is ended.
    tokio::select! {
        biased;
        ended = dev.develop(&mut edits) => ended?,
        _ = tokio::signal::ctrl_c() => {}
    }
    match &dev.name {
        Some(name) => leave(&dev.session.client, name).await,
        None => Ok(()),
    }
}

impl Dev {
    /// The app there is, and then every edit of it; ends where nothing more can be seen of the directory.
    async fn develop(&mut self, edits: &mut Edits) -> anyhow::Result<()> {
        match self.push(&Edit::first()).await {
            Err(error) if error.downcast_ref::<Problem>().is_none() => return Err(error),
            shown => self.tell(shown),
        }
        note(&say(
            "watching; Ctrl-C ends",
            "저장을 기다리는 중입니다. 끝내려면 Ctrl-C",
        ));
        while let Some(edit) = edits.next().await {
            let pushed = self.push(&edit).await;
            self.tell(pushed);
        }
        Ok(())
    }

    /// Brings the code there is to the app.
    async fn push(&mut self, edit: &Edit) -> anyhow::Result<()> {
        let progress = match self.name {
            None => Progress::new(),
            Some(_) => Progress::brief(),
        };
        if self.checks {
            refuse_broken(&self.folder)?;
        }
        let launch = bring_up(&self.session, &self.folder, &self.request, &progress).await?;
        let created = launched(launch).map_err(|problem| self.without_log(problem))?;
        self.ready(&created, edit)
    }

    /// What the app printed was told as it came.
    fn without_log(&self, mut problem: Problem) -> Problem {
        if self.log.is_some() {
            problem.before.clear();
        }
        problem
    }

    fn ready(&mut self, created: &Created, edit: &Edit) -> anyhow::Result<()> {
        let took = seconds(edit.at.elapsed());
        let container = &created.container;
        if self.name.is_none() {
            ready(created, &took)?;
            if let Some(address) = container.endpoint.as_deref().filter(|_| self.opens) {
                browser::open(address);
            }
        } else {
            let names = edit.names(&self.folder);
            note(&say(
                format!("{names}: ready after {took}"),
                format!("{names}: {took} 만에 반영됨"),
            ));
        }
        if self.log.as_ref().is_none_or(JoinHandle::is_finished) {
            let client = self.session.client.clone();
            self.log = Some(tokio::spawn(print_log(client, container.name.clone())));
        }
        self.name = Some(container.name.clone());
        Ok(())
    }

    /// What went wrong is for the author to mend: the next save is another try.
    fn tell(&self, pushed: anyhow::Result<()>) {
        if let Err(error) = pushed {
            report(&error);
        }
    }
}

/// Until the container stops; that it does is told by whoever waits for its app.
async fn print_log(client: Client, name: String) {
    let from_now_on = LogTail {
        tail: Some(0),
        since: None,
    };
    drop(logs::follow(client.follow_container_log(&name, &from_now_on)).await);
}
