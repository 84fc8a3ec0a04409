//! Ctrl-C while an app runs, or is built: does it stay?

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use playground_client::{Client, WantedStatus};
use playground_types::ContainerStatus;
use tokio::sync::oneshot;

use crate::interrupt::unless_interrupted;
use crate::language::say;
use crate::output::note;

/// Asks whether the app shall be stopped; where nobody can answer it stays.
pub(crate) async fn leave(client: &Client, name: &str) -> anyhow::Result<()> {
    let question = say(
        format!("Stop {name}? [y/N] "),
        format!("{name} 앱을 중지할까요? [y/N] "),
    );
    if !agrees(&question).await {
        note(&say(
            format!("{name} goes on; `playground stop {name}` stops it"),
            format!("계속 실행됩니다: {name}. 중지하려면 `playground stop {name}`"),
        ));
        return Ok(());
    }
    let stop = async { Ok(client.update_container(name, WantedStatus::Stopped).await?) };
    let left = unless_interrupted(stop).await?;
    note(&match left.status {
        ContainerStatus::Stopped => say(
            format!("{name} is stopped"),
            format!("중지했습니다: {name}"),
        ),
        _ => say(
            format!("{name} is being stopped"),
            format!("중지하는 중입니다: {name}"),
        ),
    });
    Ok(())
}

/// Asks who sits there. Where nobody does, and where another Ctrl-C is the answer, that is a no.
pub(crate) async fn agrees(question: &str) -> bool {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return false;
    }
    ask(question);
    let (told, answer) = oneshot::channel();
    // Not one of the runtime's threads: nobody waits for this one at the end, and it cannot be made to end.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = stdin().read_line(&mut line);
        drop(read.map(|_| told.send(line)));
    });
    // Cancel-safe: the question is asked once.
    tokio::select! {
        answer = answer => answer.is_ok_and(|answer| is_yes(&answer)),
        _ = tokio::signal::ctrl_c() => {
            note("");
            false
        }
    }
}

/// `ㅛ` is the key `y` where the keyboard writes Korean.
fn is_yes(answer: &str) -> bool {
    let answer = answer.trim().to_lowercase();
    ["y", "yes", "ㅛ", "예", "네"].contains(&answer.as_str())
}

/// Below the line on which the terminal shows `^C`.
fn ask(question: &str) {
    let mut err = stderr().lock();
    drop(write!(err, "\n{question}").and_then(|()| err.flush()));
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn yes_is_said_in_two_languages_and_on_two_keyboards() {
        for yes in ["y\n", "Y\n", "yes\n", "YES\r\n", "예\n", " 네 \n", "ㅛ\n"] {
            assert!(is_yes(yes), "{yes:?}");
        }
        for no in ["", "\n", "n\n", "yep\n", "아니요\n"] {
            assert!(!is_yes(no), "{no:?}");
        }
    }
}
