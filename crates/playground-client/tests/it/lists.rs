use futures_util::TryStreamExt as _;
use playground_client::{ClientError, ContainerFilter};

use crate::answers::{answer, page};
use crate::stub::Stub;

#[tokio::test]
async fn every_page_is_fetched_by_the_links_of_the_one_before() {
    // Behind a proxy that does not tell, links carry a host that is not ours: only their query counts.
    let second =
        "http://internal:9/containers/?status=running&label=a&label=b&page_size=100&page=2";
    let stub = Stub::start([
        answer(200, &page(&[1, 2], Some(second))),
        answer(200, &page(&[3, 4], Some("?page=3&page_size=100"))),
        answer(200, &page(&[5], None)),
    ])
    .await;
    let filter = ContainerFilter {
        statuses: vec!["running".into()],
        labels: vec!["a".into(), "b".into()],
        ..ContainerFilter::default()
    };
    let containers: Vec<_> = stub
        .client()
        .all_containers(&filter)
        .try_collect()
        .await
        .unwrap();
    let pks: Vec<_> = containers.iter().map(|container| container.pk).collect();
    assert_eq!(pks, [1, 2, 3, 4, 5]);
    assert_eq!(
        stub.lines(),
        [
            "GET /containers/?status=running&label=a&label=b&page_size=100",
            "GET /containers/?status=running&label=a&label=b&page_size=100&page=2",
            "GET /containers/?page=3&page_size=100",
        ]
    );
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_ends() {
    let stub = Stub::start([answer(200, &page(&[1], Some("?page_size=100")))]).await;
    let result: Result<Vec<_>, _> = stub
        .client()
        .all_containers(&ContainerFilter::default())
        .try_collect()
        .await;
    assert!(
        matches!(result, Err(ClientError::Protocol { .. })),
        "{result:?}"
    );
}
