//! `playground ls`.

use clap::Args;
use futures_util::TryStreamExt as _;
use playground_client::ContainerFilter;
use playground_types::wire::Container;

use crate::connect::Session;
use crate::human::{age, or_dash};
use crate::language::say;
use crate::output::{Output, note, print, print_json};
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
    let (containers, count) = if args.all {
        let all: Vec<_> = session.client.all_containers(&filter).try_collect().await?;
        let count = all.len() as u64;
        (all, count)
    } else {
        let page = session.client.containers(&filter, 1, NEWEST).await?;
        (page.results, page.count)
    };
    match session.output {
        Output::Json => print_json(&containers)?,
        Output::Table if containers.is_empty() => {
            note(&say("no containers", "컨테이너가 없습니다"))
        }
        Output::Table => print(&listed(&containers))?,
    }
    left_out(count, containers.len());
    Ok(())
}

/// Says that a list goes on.
pub(crate) fn left_out(count: u64, shown: usize) {
    let left = count.saturating_sub(shown as u64);
    if left > 0 {
        note(&say(
            format!("{left} older ones are not shown: add --all"),
            format!("더 오래된 {left}개는 보여 주지 않았습니다. 모두 보려면 --all"),
        ));
    }
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
