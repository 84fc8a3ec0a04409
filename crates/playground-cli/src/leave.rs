//! Ctrl-C while an app runs: does it stay?

use std::io::{IsTerminal as _, Write as _};

use playground_client::{Client, WantedStatus};

use crate::output::note;

/// Asks whether the app shall be stopped; where nobody can answer it stays.
pub(crate) async fn leave(client: &Client, name: &str) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() {
        note(&format!(
            "{name} goes on; `playground stop {name}` stops it"
        ));
        return Ok(());
    }
    ask(&format!("\nStop {name}? [y/N] "));
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
        note(&format!("{name} is stopped"));
    } else {
        note(&format!(
            "{name} goes on; `playground stop {name}` stops it"
        ));
    }
    Ok(())
}

fn ask(question: &str) {
    let mut err = std::io::stderr().lock();
    drop(
        err.write_all(question.as_bytes())
            .and_then(|()| err.flush()),
    );
}
