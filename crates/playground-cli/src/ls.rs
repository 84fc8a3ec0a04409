//! `playground ls`.

use clap::Args;
use playground_client::ContainerFilter;
use playground_types::wire::Container;

use crate::connect::Session;
use crate::human::{age, or_dash};
use crate::language::say;
use crate::list::{Shape, list};
use crate::table::{status, table, text};

/// Containers shown unless all are wanted.
const NEWEST: u64 = 50;

#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Only these statuses, ours or Docker's, such as running, failed, exited; repeat for any of several
    #[arg(long, value_delimiter = ',')]
    status: Vec<String>,
    /// Only with this label; repeat for all of several
    #[arg(long)]
    label: Vec<String>,
    /// Only this release, code@version, or every version of a bare code
    #[arg(long)]
    release: Option<String>,
    /// Only this model
    #[arg(long)]
    model: Option<i64>,
    /// Every container, not only the newest 50
    #[arg(long, short)]
    all: bool,
}

pub(crate) async fn run(args: LsArgs, session: Session) -> anyhow::Result<()> {
    let filter = ContainerFilter {
        statuses: args.status,
        labels: args.label,
        plugin_release: args.release,
        model: args.model,
        search: None,
    };
    let client = &session.client;
    list(
        args.all,
        client.all_containers(&filter),
        client.containers(&filter, 1, NEWEST),
        Shape {
            output: session.output,
            none: say("no containers", "컨테이너가 없습니다"),
            table: listed,
        },
    )
    .await
}

fn listed(containers: &[Container]) -> String {
    let headers = [
        "PK", "NAME", "RELEASE", "MODEL", "STATUS", "ENDPOINT", "LABELS", "AGE",
    ];
    table(
        &headers,
        containers.iter().map(|container| {
            vec![
                text(container.pk.to_string()),
                text(&container.name),
                text(&container.plugin_release),
                text(or_dash(container.model)),
                status(container.status),
                text(or_dash(container.endpoint.as_deref())),
                text(or_dash(
                    Some(container.labels.join(",")).filter(|labels| !labels.is_empty()),
                )),
                text(age(&container.created_at)),
            ]
        }),
    )
}
