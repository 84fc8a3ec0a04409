//! Ctrl-C while an app runs: does it stay?

use std::io::{IsTerminal as _, Write as _};

use playground_client::{Client, WantedStatus};

use crate::language::say;
use crate::output::note;

/// Asks whether the app shall be stopped; where nobody can answer it stays.
pub(crate) async fn leave(client: &Client, name: &str) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() {
        note(&goes_on(name));
        return Ok(());
    }
    ask(&say(
        format!("\nStop {name}? [y/N] "),
        format!("\n멈출까요: {name} [y/N] "),
    ));
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    // Cancel-safe: a second Ctrl-C is an answer, too.
    let answer = tokio::select! {
        answer = answer => answer??,
        _ = tokio::signal::ctrl_c() => String::new(),
    };
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        client.update_container(name, WantedStatus::Stopped).await?;
        note(&say(
            format!("{name} is stopped"),
            format!("멈췄습니다: {name}"),
        ));
    } else {
        note(&goes_on(name));
    }
    Ok(())
}

fn goes_on(name: &str) -> String {
    say(
        format!("{name} goes on; `playground stop {name}` stops it"),
        format!("계속 실행됩니다: {name}. 멈추려면 `playground stop {name}`"),
    )
}

fn ask(question: &str) {
    let mut err = std::io::stderr().lock();
    drop(
        err.write_all(question.as_bytes())
            .and_then(|()| err.flush()),
    );
}
