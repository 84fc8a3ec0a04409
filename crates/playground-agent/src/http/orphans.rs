//! `orphans/`: containers with a Playground Agent's labels that no record of this one has.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use playground_control::Control;
use playground_types::wire::{Container, ErrorBody, Orphan, Page};

use super::containers::{query_pairs, with_attrs};
use super::error::ApiError;
use super::extract::{Caller, Path};
use super::page::PageQuery;

/// Containers without a record, as Docker lists them. They are looked for when asked.
#[utoipa::path(get, path = "/orphans", tag = "orphans",
    params(("page" = Option<u64>, Query, minimum = 1), ("page_size" = Option<u64>, Query, minimum = 1),
        ("all_agents" = Option<bool>, Query, description = "Those of other Agents, too; they may be alive")),
    responses((status = 200, body = Page<Orphan>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody, description = "There is no such page"), (status = 500, body = ErrorBody)))]
pub(crate) async fn list(
    State(control): State<Control>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<Orphan>>, ApiError> {
    let pairs = query_pairs(query.as_deref());
    let page = PageQuery::of(&pairs)?;
    let all = control.orphans(all_agents(&pairs)?).await?;
    let count = all.len() as u64;
    let skipped = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let taken = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let results = all.into_iter().skip(skipped).take(taken).collect();
    Ok(Json(
        page.page(results, count, &caller, "orphans/", &pairs)?,
    ))
}

/// Gives a container a record again. One of another Agent is replaced by one of this Agent on the same port.
#[utoipa::path(post, path = "/orphans/{id}/adopt", tag = "orphans",
    params(("id" = String, Path, description = "Docker's id, the beginning of one, or its name"),
        ("all_agents" = Option<bool>, Query, description = "Also when another Agent made it")),
    responses((status = 201, body = Container), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 500, body = ErrorBody)))]
pub(crate) async fn adopt(
    State(control): State<Control>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<(StatusCode, Json<Container>), ApiError> {
    let other_agent = all_agents(&query_pairs(query.as_deref()))?;
    let row = control.adopt_orphan(&id, other_agent).await?;
    let container = with_attrs(&control, &row, &caller).await;
    Ok((StatusCode::CREATED, Json(container)))
}

/// Stops and removes a container without a record.
#[utoipa::path(delete, path = "/orphans/{id}", tag = "orphans",
    params(("id" = String, Path, description = "Docker's id, the beginning of one, or its name"),
        ("all_agents" = Option<bool>, Query, description = "Also when another Agent made it")),
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 500, body = ErrorBody)))]
pub(crate) async fn remove(
    State(control): State<Control>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<StatusCode, ApiError> {
    let other_agent = all_agents(&query_pairs(query.as_deref()))?;
    control.remove_orphan(&id, other_agent).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn all_agents(pairs: &[(String, String)]) -> Result<bool, ApiError> {
    let given = pairs.iter().find(|(key, _)| key == "all_agents");
    match given.map(|(_, value)| value.as_str()) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(other) => Err(ApiError::bad_request(
            "all_agents_invalid",
            format!("all_agents is {other:?}: give true or false"),
        )),
    }
}
