//! `playground orphans`: containers that no record has.

use clap::{Args, Subcommand};
use futures_util::TryStreamExt as _;
use playground_types::wire::Orphan;

use crate::connect::Session;
use crate::human::or_dash;
use crate::language::say;
use crate::outcome;
use crate::output::{Output, note, print, print_json};
use crate::table::{table, text};

/// How much of a Docker id is shown, as Docker's own tables do.
const SHORT: usize = 12;

#[derive(Debug, Args)]
pub(crate) struct OrphansArgs {
    #[command(subcommand)]
    command: Option<OrphansCommand>,
}

#[derive(Debug, Subcommand)]
enum OrphansCommand {
    /// List them, with what adopts and removes each [default]
    Ls(AgentsArgs),
    /// Give one a record again; one of another Agent is replaced by one of this Agent
    Adopt(OrphanArgs),
    /// Stop and remove one
    Rm(OrphanArgs),
}

#[derive(Debug, Default, Args)]
struct AgentsArgs {
    /// Those of other Agents, too; they may be alive
    #[arg(long)]
    all_agents: bool,
}

#[derive(Debug, Args)]
struct OrphanArgs {
    /// The container: its Docker id, the beginning of one, or its name
    #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
    id: String,
    #[command(flatten)]
    agents: AgentsArgs,
}

pub(crate) async fn run(args: OrphansArgs, session: Session) -> anyhow::Result<()> {
    let client = &session.client;
    let list = OrphansCommand::Ls(AgentsArgs::default());
    match args.command.unwrap_or(list) {
        OrphansCommand::Ls(agents) => {
            let orphans: Vec<_> = client.orphans(agents.all_agents).try_collect().await?;
            show(&orphans, session.output)
        }
        OrphansCommand::Adopt(one) => {
            let container = client.adopt_orphan(&one.id, one.agents.all_agents).await?;
            match session.output {
                Output::Json => print_json(&container),
                Output::Table => {
                    let (name, pk) = (&container.name, container.pk);
                    Ok(print(&say(
                        format!("{name}  adopted as record {pk}"),
                        format!("{name}  등록됨, 레코드 {pk}번"),
                    ))?)
                }
            }
        }
        OrphansCommand::Rm(one) => {
            client.remove_orphan(&one.id, one.agents.all_agents).await?;
            outcome::tell(&one.id, "removed", session.output)
        }
    }
}

fn show(orphans: &[Orphan], output: Output) -> anyhow::Result<()> {
    match output {
        Output::Json => print_json(&orphans)?,
        Output::Table if orphans.is_empty() => note(&say(
            "no containers without a record",
            "레코드 없는 컨테이너가 없습니다",
        )),
        Output::Table => {
            print(&listed(orphans))?;
            for orphan in orphans {
                tell(orphan);
            }
        }
    }
    Ok(())
}

fn listed(orphans: &[Orphan]) -> String {
    let headers = [
        "ID", "NAME", "RELEASE", "MODEL", "STATUS", "PORT", "RECORD", "AGENT",
    ];
    table(
        &headers,
        orphans.iter().map(|orphan| {
            let agent = if orphan.of_this_agent {
                say("this one", "이 Agent")
            } else {
                orphan.agent_id.clone()
            };
            vec![
                text(short(&orphan.id)),
                text(&orphan.name),
                text(or_dash(orphan.plugin_release.as_deref())),
                text(or_dash(orphan.model)),
                text(&orphan.status),
                text(or_dash(orphan.host_port)),
                text(or_dash(orphan.record)),
                text(agent),
            ]
        }),
    )
}

/// Why, and what to type.
fn tell(orphan: &Orphan) {
    note(&format!("{}: {}", short(&orphan.id), orphan.detail));
    if let Some(command) = &orphan.adopt_command {
        let adopt = say("adopt: ", "등록:");
        note(&format!("  {adopt} {command}"));
    }
    let remove = say("remove:", "제거:");
    note(&format!("  {remove} {}", orphan.remove_command));
}

fn short(id: &str) -> &str {
    id.get(..SHORT).unwrap_or(id)
}
