//! `playground dev`: every save reaches the running app.
//!
//! The container is a live one: changed code is put into it, and its app begins anew without another image, another
//! container, or Gradio's import. Changed requirements are a build.

mod tries;

use std::path::PathBuf;
use std::pin::pin;

use anyhow::bail;
use clap::Args;
use futures_util::future::OptionFuture;
use playground_client::{CreateRequest, LogTail};
use playground_types::Timestamp;
use playground_types::wire::{Created, OnExisting};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::check::{Rigour, refuse_broken};
use crate::connect::Session;
use crate::create::ready;
use crate::edits::{Edit, Edits, TOGETHER};
use crate::exit::{Exit, Problem, report};
use crate::human::seconds;
use crate::interrupt::{aside, interrupted};
use crate::language::say;
use crate::leave::leave;
use crate::output::{Output, note};
use crate::pack::{Unpackable, sha256};
use crate::progress::Progress;
use crate::run::{HowArgs, bring_up, launched, warn};
use crate::upload::{Source, packed};
use crate::{app_log, browser};
use tries::{Tries, Turn};

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
    /// Prints what the app prints, over all of its runs.
    log: Option<JoinHandle<anyhow::Result<()>>>,
    tries: Tries,
    /// What a check warned of last.
    warned: String,
    checks: bool,
    opens: bool,
    /// Past the first push.
    watches: bool,
}

pub(crate) async fn run(args: DevArgs, session: Session) -> anyhow::Result<()> {
    if session.output == Output::Json {
        let message = say(
            "`dev` has no JSON: it follows an app until Ctrl-C; `run --detach --output json` brings one up",
            "`dev`는 JSON으로 출력하지 않습니다. Ctrl-C를 누를 때까지 앱의 출력을 계속 보여 줍니다. 앱만 띄우려면 `run --detach --output json`을 쓰세요",
        );
        return Err(Problem::new(Exit::Usage, message).into());
    }
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
        tries: Tries::default(),
        warned: String::new(),
        checks: !args.how.no_check,
        opens: !args.how.no_open,
        watches: false,
    };
    // Cancel-safe: a launch that nobody awaits goes on at the Agent, and the edits end with the command. What is under
    // way is asked first: it says how a launch that it watches is ended.
    let ended = tokio::select! {
        biased;
        ended = dev.develop(&mut edits) => ended,
        _ = tokio::signal::ctrl_c() => dev.cut_off(),
    };
    dev.end(ended).await
}

impl Dev {
    /// The app there is, and then every edit of it; ends where nothing more can be seen of the directory, and with what
    /// Ctrl-C cut off.
    async fn develop(&mut self, edits: &mut Edits) -> anyhow::Result<()> {
        match self.push(Edit::first()).await {
            Err(error) if error.downcast_ref::<Problem>().is_none() => return Err(error),
            pushed => tell(pushed)?,
        }
        self.watches = true;
        note(&say(
            "watching; Ctrl-C ends",
            "저장을 기다리는 중입니다. 끝내려면 Ctrl-C",
        ));
        while let Some(edit) = self.next(edits).await {
            tell(self.push(edit).await)?;
        }
        Ok(())
    }

    /// The next edit. Why the app is given up meanwhile is told; where it did not come up, whoever waited for it said so.
    async fn next(&mut self, edits: &mut Edits) -> Option<Edit> {
        let mut next = pin!(edits.next());
        loop {
            // Cancel-safe: the edit is pinned outside and awaited again in the next turn, and the log is a task.
            tokio::select! {
                edit = &mut next => return edit,
                Some(ended) = OptionFuture::from(self.log.as_mut()) => {
                    self.log = None;
                    if let Ok(Err(error)) = ended && self.tries.is_up() {
                        report(&error);
                    }
                }
            }
        }
    }

    /// To end it while it watches is what Ctrl-C is for.
    fn cut_off(&self) -> anyhow::Result<()> {
        match self.watches {
            true => Ok(()),
            false => Err(interrupted().into()),
        }
    }

    /// Where there is an app, whoever ends this is asked whether it stays.
    async fn end(self, ended: anyhow::Result<()>) -> anyhow::Result<()> {
        let Some(name) = &self.name else {
            return ended;
        };
        match ended {
            Err(error) if !is_interrupted(&error) => return Err(error),
            // It says how what was begun is ended.
            Err(error) if has_hint(&error) => drop(report(&error)),
            _ => {}
        }
        if let Some(log) = &self.log {
            // Nothing is printed over the question.
            log.abort();
        }
        leave(&self.session.client, name).await
    }

    /// Brings the code there is to the app, where that is another than before.
    async fn push(&mut self, mut edit: Edit) -> anyhow::Result<()> {
        let progress = match self.name {
            None => Progress::new(),
            Some(_) => Progress::brief(),
        };
        let mut source = self.pack(&progress).await;
        match self.turn(&source, &mut edit).await? {
            Turn::Nothing => return Ok(()),
            Turn::AsItRuns => {
                let names = edit.names();
                note(&say(
                    format!("{names}: as the app has it"),
                    format!("{names}: 실행 중인 앱과 같음"),
                ));
                return Ok(());
            }
            Turn::Push => {}
        }
        if self.checks {
            let (checked, warnings) = refuse_broken(&self.folder, source, Rigour::Strict).await?;
            if warnings != self.warned {
                warn(&warnings);
                self.warned = warnings;
            }
            source = Ok(checked);
        }
        self.send(&source?, &edit, &progress).await
    }

    /// Packs the directory. What an editor takes away while it saves is packed when it is back.
    async fn pack(&self, progress: &Progress) -> anyhow::Result<Source> {
        or_soon(async || packed(progress, &self.folder).await).await
    }

    /// What is to be done with what was packed, or could not be.
    async fn turn(
        &mut self,
        source: &anyhow::Result<Source>,
        edit: &mut Edit,
    ) -> anyhow::Result<Turn> {
        let Ok(Source::Packed(packed)) = source else {
            self.tries.unpackable();
            return Ok(Turn::Push);
        };
        let path = packed.file.path().to_owned();
        let digest = aside(move || Ok(sha256(&path)?)).await?;
        let is_saved = edit.narrow(packed.contents.iter().map(|(name, _)| name.as_str()));
        Ok(self.tries.next(&digest, is_saved, self.is_heard()))
    }

    async fn send(
        &mut self,
        source: &Source,
        edit: &Edit,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        self.tries.sent();
        let was_heard = self.is_heard();
        let followed = bring_up(&self.session, source, &self.request, progress, false).await?;
        let is_told = was_heard && !followed.is_failed_build();
        let begun = Timestamp::parse(&followed.launch.created_at);
        let created = launched(followed).map_err(|problem| match is_told {
            true => problem.told(),
            false => problem,
        })?;
        self.tries.came_up();
        self.ready(&created, edit)?;
        if !self.is_heard() {
            self.listen(begun);
        }
        Ok(())
    }

    /// Whether what the app prints is printed as it comes: while it runs, or will run again.
    fn is_heard(&self) -> bool {
        self.log.as_ref().is_some_and(|log| !log.is_finished())
    }

    /// Prints what the app prints, from the beginning of its launch on.
    fn listen(&mut self, since: Option<Timestamp>) {
        let Some(name) = self.name.clone() else {
            return;
        };
        let client = self.session.client.clone();
        let tail = LogTail { tail: None, since };
        let log = async move { app_log::follow(&client, &name, tail).await };
        self.log = Some(tokio::spawn(log));
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
            let names = edit.names();
            note(&say(
                format!("{names}: ready after {took}"),
                format!("{names}: {took} 만에 반영됨"),
            ));
        }
        self.name = Some(container.name.clone());
        Ok(())
    }
}

/// What went wrong is for the author to mend: the next save is another try. Only Ctrl-C ends it.
fn tell(pushed: anyhow::Result<()>) -> anyhow::Result<()> {
    match pushed {
        Err(error) if is_interrupted(&error) => return Err(error),
        Err(error) => drop(report(&error)),
        Ok(()) => {}
    }
    Ok(())
}

fn is_interrupted(error: &anyhow::Error) -> bool {
    let problem = error.downcast_ref::<Problem>();
    problem.is_some_and(|problem| problem.exit == Exit::Interrupted)
}

fn has_hint(error: &anyhow::Error) -> bool {
    let problem = error.downcast_ref::<Problem>();
    problem.is_some_and(|problem| problem.hint.is_some())
}

fn is_gone(error: &anyhow::Error) -> bool {
    error.downcast_ref().is_some_and(Unpackable::is_gone)
}

/// Tries again what failed because something was gone for a moment.
async fn or_soon<T>(work: impl AsyncFn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    match work().await {
        Err(error) if is_gone(&error) => {
            sleep(TOGETHER).await;
            work().await
        }
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::pack::pack;

    #[tokio::test]
    async fn what_an_editor_takes_away_while_it_saves_is_packed_when_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["app.txt", "app.py"].map(|name| folder.path().join(name));
        symlink(&file, link).unwrap();
        let saved = or_soon(async || {
            let packed = pack(folder.path());
            fs::write(&file, "demo = 1\n")?;
            Ok(packed?)
        });
        assert_eq!(saved.await.unwrap().files, 2);
        // What stays away is tried once more, and named.
        let gone = folder.path().join("gone.py");
        symlink("nowhere", &gone).unwrap();
        let error = or_soon(async || Ok(pack(folder.path())?))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("gone.py"), "{error}");
    }
}
