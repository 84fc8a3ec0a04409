//! `playground login`: keeps an Agent's token for later calls.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use console::Term;
use playground_client::Client;
use serde_json::json;

use crate::connect::Connection;
use crate::credentials::{Credentials, file};
use crate::exit::{Exit, Problem};
use crate::language::say;
use crate::output::{Output, note, print_json};

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Read the token from standard input
    #[arg(long)]
    token_stdin: bool,
    /// Forget the token of this address
    #[arg(long, conflicts_with = "token_stdin")]
    forget: bool,
}

/// A token is tried before it is kept: a wrong one would be found out at some later call.
pub(crate) async fn run(args: LoginArgs, connection: &Connection) -> anyhow::Result<()> {
    let file = place()?;
    let mut kept = Credentials::read(&file)?;
    let url = Client::new(&connection.url, None)?.url().to_owned();
    if args.forget {
        let was_kept = kept.forget(&url);
        if was_kept {
            kept.write(&file)?;
        }
        let (status, sentence) = match was_kept {
            true => (
                "forgotten",
                say(
                    format!("the token of {url} is forgotten"),
                    format!("토큰을 지웠습니다: {url}"),
                ),
            ),
            false => (
                "unknown",
                say(
                    format!("no token of {url} was kept"),
                    format!("저장된 토큰이 없습니다: {url}"),
                ),
            ),
        };
        return tell(connection.output, &url, status, &file, &sentence);
    }
    let token = token(&args, connection, &url)?;
    Client::new(&url, Some(&token))?.health().await?;
    kept.keep(&url, token);
    kept.write(&file)?;
    let shown = file.display();
    let sentence = say(
        format!("logged in to {url}; its token is kept in {shown}"),
        format!("로그인했습니다: {url}. 토큰을 저장한 파일: {shown}"),
    );
    tell(connection.output, &url, "kept", &file, &sentence)
}

/// What became of an address' token: a sentence for people, an object for programs.
fn tell(
    output: Output,
    url: &str,
    status: &str,
    file: &Path,
    sentence: &str,
) -> anyhow::Result<()> {
    match output {
        Output::Json => print_json(&json!({"url": url, "status": status, "file": file})),
        Output::Table => {
            note(sentence);
            Ok(())
        }
    }
}

fn place() -> anyhow::Result<PathBuf> {
    let nowhere = || {
        let message = say(
            "there is no place for the token: neither XDG_CONFIG_HOME nor HOME is a directory",
            "토큰을 저장할 곳이 없습니다. XDG_CONFIG_HOME과 HOME 모두 디렉터리가 아닙니다",
        );
        let hint = say(
            "use PLAYGROUND_TOKEN instead",
            "대신 PLAYGROUND_TOKEN을 쓰세요",
        );
        Problem::new(Exit::Failed, message).hint(hint)
    };
    Ok(file().ok_or_else(nowhere)?)
}

/// From standard input, the flag or its variable, or whoever sits at the terminal.
fn token(args: &LoginArgs, connection: &Connection, url: &str) -> anyhow::Result<String> {
    let given = connection.token.clone().filter(|token| !token.is_empty());
    let token = if args.token_stdin {
        std::io::read_to_string(std::io::stdin()).with_context(|| {
            say(
                "standard input cannot be read",
                "표준 입력을 읽을 수 없습니다",
            )
        })?
    } else if let Some(token) = given {
        token
    } else if std::io::stdin().is_terminal() && Term::stderr().is_term() {
        ask(url)?
    } else {
        let message = say(
            "there is nobody to ask for the token",
            "토큰을 물어볼 터미널이 없습니다",
        );
        let hint = say(
            "send it to `playground login --token-stdin`",
            "`playground login --token-stdin`에 표준 입력으로 넘기세요",
        );
        return Err(Problem::new(Exit::Usage, message).hint(hint).into());
    };
    let token = token.trim().to_owned();
    if token.is_empty() {
        return Err(Problem::new(
            Exit::Usage,
            say("the token is empty", "토큰이 비어 있습니다"),
        )
        .into());
    }
    Ok(token)
}

/// What is typed is not shown.
fn ask(url: &str) -> anyhow::Result<String> {
    let mut terminal = Term::stderr();
    let question = say(format!("Token of {url}: "), format!("토큰({url}): "));
    write!(terminal, "{question}")?;
    Ok(terminal.read_secure_line()?)
}
