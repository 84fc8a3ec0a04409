//! Lists: the newest of what there is, or all of it.

use std::future::Future;

use futures_util::{Stream, TryStreamExt as _};
use playground_client::ClientError;
use playground_types::wire::Page;
use serde::Serialize;

use crate::language::say;
use crate::output::{Output, note, print, print_json};

/// How a list is shown.
pub(crate) struct Shape<T> {
    pub(crate) output: Output,
    /// Said instead of an empty table.
    pub(crate) none: String,
    pub(crate) table: fn(&[T]) -> String,
}

/// Prints every one where all are wanted, else the first page, and says when that is not all.
pub(crate) async fn list<T: Serialize>(
    wants_all: bool,
    every: impl Stream<Item = Result<T, ClientError>>,
    newest: impl Future<Output = Result<Page<T>, ClientError>>,
    shape: Shape<T>,
) -> anyhow::Result<()> {
    let (shown, count) = if wants_all {
        let all: Vec<T> = every.try_collect().await?;
        let count = all.len() as u64;
        (all, count)
    } else {
        let page = newest.await?;
        (page.results, page.count)
    };
    match shape.output {
        Output::Json => print_json(&shown)?,
        Output::Table if shown.is_empty() => note(&shape.none),
        Output::Table => print(&(shape.table)(&shown))?,
    }
    let left = count.saturating_sub(shown.len() as u64);
    if left > 0 {
        note(&say(
            format!("{left} older ones are not shown: add --all"),
            format!("더 오래된 {left}개는 보여 주지 않았습니다. 모두 보려면 --all"),
        ));
    }
    Ok(())
}
