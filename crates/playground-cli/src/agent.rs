//! `playground agent`.

use clap::Args;
use playground_agent::AgentOptions;

use crate::output::Output;

#[derive(Debug, Args)]
pub(crate) struct AgentArgs {
    #[command(flatten)]
    options: AgentOptions,
    // The server has no use for what its clients are told; hidden here, or its help would offer them. The types are
    // those of the global options, whose values come in here.
    #[arg(long, hide = true)]
    url: Option<String>,
    #[arg(long, hide = true)]
    output: Option<Output>,
}

#[cfg(test)]
impl AgentArgs {
    pub(crate) fn options(&self) -> &AgentOptions {
        &self.options
    }
}

pub(crate) fn run(args: AgentArgs) -> anyhow::Result<()> {
    let config = args.options.resolve()?;
    playground_agent::init_telemetry(config.log_json);
    tokio::runtime::Runtime::new()?.block_on(playground_agent::serve(config))
}
