//! `playground agent`.

use clap::Args;
use playground_agent::{AgentOptions, Ended};

use crate::exit::{Exit, Problem};
use crate::language::say;
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
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(playground_agent::serve(config));
    // Whatever still runs on a thread of its own holds nothing that the next start would miss.
    runtime.shutdown_background();
    match ended? {
        Ended::InOrder => Ok(()),
        Ended::AtOnce => {
            let message = say(
                "ended at once, in the middle of something",
                "하던 작업을 끝내지 않고 바로 종료했습니다",
            );
            let hint = say(
                "the next start goes on with it",
                "다음에 시작할 때 이어서 합니다",
            );
            Err(Problem::new(Exit::Interrupted, message).hint(hint).into())
        }
    }
}
