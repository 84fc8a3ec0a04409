//! Other hands on the engine: whatever they do to a container, the record's wish is fulfilled again.

use std::time::Duration;

use playground_engine::fake::{Op, Outside};
use playground_engine::{EngineError, Resources};
use playground_store::ContainerRow;
use playground_testkit::{Plugin, TestControl};
use playground_types::ContainerStatus;

use crate::{count, pass};

/// A ready container to which others do something; the record as it is when it came to rest.
async fn repaired(
    hand: impl Fn(&Outside, &ContainerRow),
) -> (TestControl, ContainerRow, ContainerRow) {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let before = agent.ready(&facts).await;
    agent.settle().await;
    hand(&agent.fake.outside(), &before);
    let after = agent.settle().await.remove(0);
    assert_eq!(after.status, ContainerStatus::Running);
    assert_eq!(after.host_port, before.host_port);
    (agent, before, after)
}

#[tokio::test(start_paused = true)]
async fn a_killed_or_stopped_container_is_started_again() {
    let (_agent, before, after) = repaired(|outside, row| outside.kill(&row.name, 137)).await;
    assert_eq!(after.engine_id, before.engine_id);
    let (_agent, before, after) = repaired(|outside, row| outside.stop(&row.name)).await;
    assert_eq!(after.engine_id, before.engine_id);
}

#[tokio::test(start_paused = true)]
async fn a_removed_container_is_made_again_from_the_same_image() {
    let (agent, before, after) = repaired(|outside, row| outside.rm(&row.name)).await;
    assert_ne!(after.engine_id, before.engine_id);
    assert_eq!(count(&agent, Op::Build), 1);
}

#[tokio::test(start_paused = true)]
async fn a_paused_container_is_thawed_and_its_run_stays_published() {
    let (agent, before, after) = repaired(|outside, row| outside.pause(&row.name).unwrap()).await;
    assert_eq!(after.published_run, before.published_run);
    assert_eq!(count(&agent, Op::Unpause), 1);
}

#[tokio::test(start_paused = true)]
async fn a_renamed_container_is_still_ours_by_its_id() {
    let (agent, before, after) =
        repaired(|outside, row| outside.rename(&row.name, "somebody_else").unwrap()).await;
    assert_eq!(after.engine_id, before.engine_id);
    agent.control.want_absent(after.pk).await.unwrap();
    agent.gone(after.pk).await;
    assert_eq!(agent.fake.containers(), []);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_others_restarted_is_published_once_it_answers_again() {
    let (_agent, before, after) = repaired(|outside, row| {
        outside.stop(&row.name);
        outside.start(&row.name).unwrap();
    })
    .await;
    assert_eq!(after.engine_id, before.engine_id);
    assert_ne!(after.published_run, before.published_run);
}

#[tokio::test(start_paused = true)]
async fn a_removed_image_is_built_again_when_the_container_is_gone_too() {
    let (agent, _, _) = repaired(|outside, row| {
        outside.rm(&row.name);
        outside.remove_image(row.image.as_deref().unwrap());
    })
    .await;
    assert_eq!(count(&agent, Op::Build), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_container_that_others_start_is_stopped_again() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.control.want_stopped(row.pk).await.unwrap();
    agent.settle().await;
    agent.fake.outside().start(&row.name).unwrap();
    let row = agent.settle().await.remove(0);
    assert_eq!(row.status, ContainerStatus::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_removed_network_is_made_again_when_a_container_starts() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    let network = agent.control.config().network.clone();
    agent.fake.outside().remove_network(&network);
    agent.control.want_restart(row.pk).await.unwrap();
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_happened_while_events_were_lost_is_found_on_the_timer() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    agent.fake.outside().drop_events(true);
    agent.fake.outside().rm(&row.name);
    pass(Duration::from_secs(300)).await;
    let row = agent.row(row.pk).await;
    assert_eq!(row.status, ContainerStatus::Running);
    let port = row.host_port.unwrap();
    assert_eq!(agent.fake.answers(port), Some(200));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_seen_by_its_event_and_not_by_the_timer() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    agent.fake.outside().kill(&row.name, 1);
    pass(Duration::from_millis(100)).await;
    assert_eq!(agent.row(row.pk).await.attempts, 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn a_stranger_with_our_containers_name_is_left_alone_and_ours_gets_another_name() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    let outside = agent.fake.outside();
    // Somebody's container takes the name that ours has in our records.
    let other = TestControl::on(&agent.fake, |_| {}).await;
    let facts_of_other = other.upload(&Plugin::new("other", "1.0.0")).await;
    let stranger = other.ready(&facts_of_other).await;
    other.control.stop().await;
    outside.rm(&first.name);
    outside.rename(&stranger.name, &first.name).unwrap();
    let row = agent.settle().await.remove(0);
    assert_ne!(row.name, first.name);
    assert_eq!(agent.container_of(&row).name, row.name);
    let left = agent.fake.containers();
    assert!(
        left.iter()
            .any(|view| Some(&view.id) == stranger.engine_id.as_ref() && view.name == first.name)
    );
}

#[tokio::test(start_paused = true)]
async fn limits_that_others_changed_are_put_back_in_the_same_run() {
    let (agent, before, after) = repaired(|outside, row| {
        let resources = Resources {
            memory: 1,
            restarts_itself: true,
            ..Resources::default()
        };
        outside.update(&row.name, resources);
    })
    .await;
    assert_eq!(after.published_run, before.published_run);
    assert_eq!(count(&agent, Op::Limit), 1);
    let wanted = agent.control.engine().resources(&after.spec.limits).await;
    assert_eq!(agent.container_of(&after).resources, wanted.unwrap());
}

#[tokio::test(start_paused = true)]
async fn limits_that_the_engine_will_not_take_back_are_left_alone() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    let refused = EngineError::Refused {
        status: 500,
        message: "cannot lower memory below what is used".to_owned(),
    };
    agent.fake.fail_next(Op::Limit, refused);
    let narrower = Resources::default();
    agent.fake.outside().update(&row.name, narrower.clone());
    pass(Duration::from_secs(300)).await;
    assert_eq!(count(&agent, Op::Limit), 1);
    assert_eq!(agent.container_of(&row).resources, narrower);
    let row = agent.settle().await.remove(0);
    assert_eq!(row.status, ContainerStatus::Running);
}

#[tokio::test(start_paused = true)]
async fn a_renamed_container_gets_its_name_back_unless_somebody_took_it() {
    let (agent, before, after) =
        repaired(|outside, row| outside.rename(&row.name, "somebody_else").unwrap()).await;
    assert_eq!(agent.container_of(&after).name, before.name);
    assert_eq!(after.name, before.name);
    assert_eq!(after.published_run, before.published_run);
}

#[tokio::test(start_paused = true)]
async fn a_container_taken_off_its_network_is_made_again_on_it() {
    let (agent, before, after) = repaired(|outside, row| outside.disconnect(&row.name)).await;
    assert_ne!(after.engine_id, before.engine_id);
    assert_eq!(agent.fake.answers(after.host_port.unwrap()), Some(200));
}

#[tokio::test(start_paused = true)]
async fn a_stopped_container_whose_network_was_removed_is_made_again_at_its_start() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let before = agent.ready(&facts).await;
    agent.control.want_stopped(before.pk).await.unwrap();
    agent.settle().await;
    let network = agent.control.config().network.clone();
    agent.fake.outside().remove_network(&network);
    agent.control.want_running(before.pk).await.unwrap();
    let after = agent.settle().await.remove(0);
    assert_eq!(after.host_port, before.host_port);
    assert_ne!(after.engine_id, before.engine_id);
}
