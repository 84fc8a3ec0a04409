//! `playground open`: the page, or an app, in the browser.

use std::time::Duration;

use clap::Args;

use crate::browser;
use crate::connect::Session;
use crate::output::{Output, print, print_json};

#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// A container's name, number or id: a link that opens its app for whoever has it; the page when nothing is said
    container: Option<String>,
    /// For how many hours such a link opens the app
    #[arg(long, value_name = "HOURS", requires = "container", default_value = "24", value_parser = clap::value_parser!(u64).range(1..=2160))]
    hours: u64,
    /// Print the address only
    #[arg(long)]
    no_browser: bool,
}

pub(crate) async fn run(args: OpenArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    let url = match &args.container {
        None => {
            let link = client.login_link().await?;
            tell(&link, &link.url, session.output)?;
            link.url
        }
        Some(id) => {
            let lasts = Duration::from_secs(args.hours * 3600);
            let link = client.app_link(id, Some(lasts)).await?;
            tell(&link, &link.url, session.output)?;
            link.url
        }
    };
    if !args.no_browser {
        browser::open(&url);
    }
    Ok(())
}

fn tell(link: &impl serde::Serialize, url: &str, output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => print_json(link)?,
        Output::Table => print(url)?,
    }
    Ok(())
}
