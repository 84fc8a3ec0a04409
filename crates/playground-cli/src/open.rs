//! `playground open`.

use crate::connect::Session;
use crate::output::{Output, print, print_json};

pub(crate) async fn run(session: Session) -> anyhow::Result<()> {
    let link = session.client.login_link().await?;
    match session.output {
        Output::Json => print_json(&link)?,
        Output::Table => print(&link.url)?,
    }
    Ok(())
}
