//! Stops every app that nobody has used since it was made, and tells what each of them holds.
//!
//! ```sh
//! PLAYGROUND_TOKEN=... cargo run -p playground-client --example tidy_up
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use futures_util::TryStreamExt as _;
use playground_client::{Client, ClientError, ContainerFilter, WantedStatus};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ClientError> {
    let token = std::env::var("PLAYGROUND_TOKEN").ok();
    let url = std::env::var("PLAYGROUND_URL").unwrap_or("http://127.0.0.1:8000".to_owned());
    let client = Client::new(&url, token.as_deref())?;

    let running = ContainerFilter {
        statuses: vec!["running".to_owned()],
        ..ContainerFilter::default()
    };
    // Pages are fetched as they are needed.
    let mut containers = std::pin::pin!(client.all_containers(&running));
    while let Some(container) = containers.try_next().await? {
        let name = &container.name;
        let stats = client.container_stats(name).await?;
        let memory = stats.samples.last().map_or(0, |sample| sample.memory_bytes);
        if container.last_visit_at.is_some() {
            println!("{name} is used, and holds {memory} bytes");
            continue;
        }
        match client.update_container(name, WantedStatus::Stopped).await {
            Ok(_) => println!("{name} held {memory} bytes"),
            // Somebody else was quicker.
            Err(ClientError::Api { code, .. }) if code == "container_unknown" => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
