//! From an archive to an address, with what is built and printed on the way.
//!
//! ```sh
//! PLAYGROUND_TOKEN=... cargo run -p playground-client --example bring_up -- plugin.zip
//! ```

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example shows what it does"
)]

use std::time::Duration;

use futures_util::TryStreamExt as _;
use playground_client::{Archive, Client, CreateRequest, LogEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let archive = std::env::args().nth(1).ok_or("which archive?")?;
    let token = std::env::var("PLAYGROUND_TOKEN").ok();
    let url = std::env::var("PLAYGROUND_URL").unwrap_or("http://127.0.0.1:8000".to_owned());
    let client = Client::new(&url, token.as_deref())?;

    // Answered at once, so that the build can be watched from its beginning.
    let request = CreateRequest {
        answer_at_once: true,
        ..CreateRequest::default()
    };
    let archive = Archive::open(archive).await?;
    let created = client
        .create_container_from(archive, &request, |_| {})
        .await?;

    let mut log = std::pin::pin!(client.follow_build_log(&created.build_id));
    while let Some(event) = log.try_next().await? {
        match event {
            LogEvent::Line(line) => eprintln!("{line}"),
            LogEvent::Status(status) => eprintln!("-- {status}"),
            _ => {}
        }
    }

    let a_minute = Duration::from_secs(60);
    let launch = client.wait_for_build(&created.build_id, a_minute).await?;
    match (launch.result, launch.failure) {
        (Some(ready), _) => println!("{}", ready.container.endpoint.unwrap_or_default()),
        (None, Some(failure)) => {
            eprintln!("{}\n{}", failure.message, failure.hint.unwrap_or_default())
        }
        (None, None) => eprintln!("it was cancelled"),
    }
    Ok(())
}
