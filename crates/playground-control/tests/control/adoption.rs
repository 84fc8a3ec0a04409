//! The database is lost, or restored from yesterday: what carries our labels is adopted again, and never made anew.

use std::time::Duration;

use playground_control::{ControlError, OrphanPolicy};
use playground_engine::fake::Op;
use playground_engine::{ContainerView, RunState};
use playground_plugin::PluginFacts;
use playground_store::{ContainerRow, Desired};
use playground_testkit::{Plugin, TestControl};
use playground_types::env::Envs;
use playground_types::wire::{Orphan, OrphanReason};
use playground_types::{ContainerStatus, FailureKind, HostPort, Limits, Timestamp};
use serde_json::{Value, json};

use crate::{count, pass};

/// A create that leaves no field of its record at its default, once its app answers.
async fn rich(agent: &TestControl, facts: &PluginFacts) -> ContainerRow {
    let Value::Object(envs) =
        json!({"CUDA_VISIBLE_DEVICES": "0", "HF_TOKEN": "canary", "GREETING": "a=b\n안녕"})
    else {
        unreachable!()
    };
    let mut request =
        TestControl::request_with(facts, Some(7), json!({"z": 1.5, "a": [true, null, "한"]}));
    request.envs = Envs::checked(envs).unwrap();
    request.labels = vec!["team=b".to_owned(), "alpha".to_owned()];
    request.metadata = json!({"owner": "kim", "n": 3});
    request.kind = "special".to_owned();
    request.backend_container_id = Some(42);
    request.limits = Some(Limits {
        memory_bytes: 512 * 1024 * 1024,
        cpus: 1.5,
        pids: 99,
        open_files: 777,
        shm_bytes: 32 * 1024 * 1024,
        disk_bytes: 123_456_789,
    });
    let accepted = agent.create(request).await;
    agent.completed(&accepted).await
}

/// A record without what cannot come back: counters, and when it last changed.
fn lasting(mut row: ContainerRow) -> ContainerRow {
    row.generation = 0;
    row.ready_generation = None;
    row.restart_wanted = 0;
    row.restart_done = 0;
    row.build = None;
    row.attempts = 0;
    row.ready_since = None;
    row.updated_at = Timestamp(0);
    row.last_health_check_at = None;
    row
}

fn runs(views: &[ContainerView]) -> Vec<(String, Option<String>)> {
    views
        .iter()
        .map(|view| (view.id.to_string(), view.started_at.clone()))
        .collect()
}

/// Nothing was made, started, restarted or removed since.
async fn untouched(
    agent: &TestControl,
    before: &[ContainerView],
    calls: usize,
) -> Vec<ContainerRow> {
    // Longer than the timer and the sweeper's period.
    pass(Duration::from_secs(700)).await;
    let rows = agent.settle().await;
    assert_eq!(runs(&agent.containers()), runs(before));
    let acts = [
        Op::Create,
        Op::Start,
        Op::Restart,
        Op::Stop,
        Op::Remove,
        Op::Build,
        Op::Limit,
        Op::Rename,
    ];
    let since = &agent.fake.calls()[calls..];
    assert!(!since.iter().any(|call| acts.contains(call)), "{since:?}");
    rows
}

#[tokio::test(start_paused = true)]
async fn a_lost_database_costs_no_container_its_record() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let one = rich(&agent, &facts).await;
    let plain = agent.ready(&facts).await;
    let before = agent.settle().await;
    assert_eq!(before.len(), 2);
    let (views, calls, id) = (
        agent.containers(),
        agent.fake.call_count(),
        agent.control.agent_id().to_owned(),
    );

    agent.lose_database().await;
    assert_eq!(agent.control.agent_id(), id);
    let after = untouched(&agent, &views, calls).await;
    let lasting = |rows: Vec<ContainerRow>| rows.into_iter().map(lasting).collect::<Vec<_>>();
    assert_eq!(lasting(after.clone()), lasting(before));
    for row in after {
        assert_eq!(row.status, ContainerStatus::Running);
        assert!(row.is_published());
        assert_eq!(agent.fake.answers(row.host_port.unwrap()), Some(200));
    }
    // The release is known again, too, and the next create of the same thing restarts what is there.
    let release = agent.control.store().release(&facts.release).await.unwrap();
    assert_eq!(release.unwrap().source.digest, facts.content);
    let accepted = agent.create(TestControl::request(&facts)).await;
    assert!(accepted.restarted && !accepted.recreated);
    assert_eq!(accepted.container.pk, plain.pk);
    agent.completed(&accepted).await;
    // A new record gets a key that none ever had.
    let other = agent.upload(&Plugin::new("other", "1.0.0")).await;
    assert!(agent.ready(&other).await.pk > plain.pk.max(one.pk));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn no_label_has_a_secret() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut request = TestControl::request_with(&facts, None, json!({"api_key": "canary"}));
    let Value::Object(envs) = json!({"HF_TOKEN": "canary", "PLAIN": "canary"}) else {
        unreachable!()
    };
    request.envs = Envs::checked(envs).unwrap();
    request.metadata = json!({"password": "canary"});
    let accepted = agent.create(request).await;
    let row = agent.completed(&accepted).await;
    let labels = format!("{:?}", agent.container_of(&row).labels);
    assert!(
        labels.contains("HF_TOKEN") && !labels.contains("canary"),
        "{labels}"
    );
}

#[tokio::test(start_paused = true)]
async fn contents_that_are_lost_too_leave_a_record_that_works_but_cannot_be_built() {
    let mut agent = TestControl::new().await;
    let plugin = Plugin::new("echo", "1.0.0");
    let facts = agent.upload(&plugin).await;
    agent.ready(&facts).await;
    agent.settle().await;
    agent.lose_contents();
    agent.lose_database().await;
    let row = agent.settle().await.remove(0);
    assert!(row.is_published());
    // A create by its name asks for an upload.
    let unknown = agent.control.release_facts(&facts.release).await;
    assert!(
        matches!(unknown, Err(ControlError::UnknownRelease(_))),
        "{unknown:?}"
    );
    // Restarted, and made again from its image.
    agent.control.want_restart(row.pk).await.unwrap();
    agent.settle().await;
    agent.fake.outside().rm(&row.name);
    let row = agent.settle().await.remove(0);
    assert!(row.is_published());
    // Without its image there is nothing to make it from, and it says so.
    agent
        .fake
        .outside()
        .remove_image(row.image.as_deref().unwrap());
    agent.fake.outside().rm(&row.name);
    let row = agent.settle().await.remove(0);
    assert_eq!(
        row.current_failure().unwrap().kind,
        FailureKind::SourceMissing
    );
    assert_eq!(agent.fake.containers(), []);
    // Until it is uploaded again: same record, same port.
    let facts = agent.upload(&plugin).await;
    let again = agent.ready(&facts).await;
    assert_eq!((again.pk, again.host_port), (row.pk, row.host_port));
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn what_ran_is_wanted_running_and_what_had_ended_stays_stopped() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let mut rows = Vec::new();
    for model in 0..3 {
        let accepted = agent
            .create(TestControl::request_with(&facts, Some(model), json!({})))
            .await;
        rows.push(agent.completed(&accepted).await);
    }
    agent.control.want_stopped(rows[1].pk).await.unwrap();
    agent.settle().await;
    agent.kill().await;
    agent.fake.outside().pause(&rows[2].name).unwrap();
    agent.lose_database().await;
    let after = agent.settle().await;
    let desired: Vec<_> = after.iter().map(|row| row.desired).collect();
    assert_eq!(
        desired,
        [Desired::Running, Desired::Stopped, Desired::Running]
    );
    for (before, after) in rows.iter().zip(&after) {
        assert_eq!(
            (after.pk, &after.engine_id, after.host_port),
            (before.pk, &before.engine_id, before.host_port)
        );
    }
    assert_eq!(agent.container_of(&after[2]).state, RunState::Running);
}

#[tokio::test(start_paused = true)]
async fn a_database_of_yesterday_learns_what_was_made_since() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let changed = agent.ready(&facts).await;
    let other = agent.upload(&Plugin::new("other", "1.0.0")).await;
    let remade = agent.ready(&other).await;
    agent.settle().await;
    let yesterday = agent.backup().await;
    pass(Duration::from_secs(3600)).await;

    // Other params: another container of the same record. Deleted and created: another record of the same identity.
    let accepted = agent
        .create(TestControl::request_with(&facts, None, json!({"size": 2})))
        .await;
    agent.completed(&accepted).await;
    agent.control.want_absent(remade.pk).await.unwrap();
    agent.gone(remade.pk).await;
    let accepted = agent
        .create(TestControl::request_with(&other, None, json!({"size": 3})))
        .await;
    let remade_after = agent.completed(&accepted).await;
    assert_ne!(remade_after.pk, remade.pk);
    // And one that yesterday knew nothing of.
    let accepted = agent
        .create(TestControl::request_with(
            &facts,
            Some(1),
            json!({"size": 4}),
        ))
        .await;
    let new = agent.completed(&accepted).await;
    agent.settle().await;
    let (views, calls) = (agent.containers(), agent.fake.call_count());

    agent.restore(&yesterday).await;
    let rows = untouched(&agent, &views, calls).await;
    let params: Vec<_> = rows.iter().map(|row| row.spec.params.to_json()).collect();
    assert_eq!(params, ["{\"size\":2}", "{\"size\":3}", "{\"size\":4}"]);
    // Records that were there keep their keys; the new one has its own again.
    let keys: Vec<_> = rows.iter().map(|row| row.pk).collect();
    assert_eq!(keys, [changed.pk, remade.pk, new.pk]);
    assert_eq!(agent.control.orphans(false).await.unwrap(), []);
    // It works on: a change is a change, on the same port.
    let port = rows[1].host_port;
    let accepted = agent
        .create(TestControl::request_with(&other, None, json!({"size": 5})))
        .await;
    assert!(accepted.recreated);
    assert_eq!(agent.completed(&accepted).await.host_port, port);
    assert_eq!(agent.settle().await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_was_asked_for_later_takes_the_container_and_makes_what_it_wants_of_it() {
    for others_before in 0..2 {
        let mut agent = TestControl::new().await;
        let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
        let first = agent.ready(&facts).await;
        agent.settle().await;
        // The database is lost while the engine is away, and somebody asks for the same thing before it is back.
        agent.kill().await;
        agent.fake.outside().go_down();
        agent.lose_database().await;
        pass(Duration::from_secs(60)).await;
        let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
        for model in 0..others_before {
            let request = TestControl::request_with(&facts, Some(model), json!({}));
            agent.create(request).await;
        }
        let request = TestControl::request_with(&facts, None, json!({"size": 2}));
        let accepted = agent.create(request).await;
        agent.fake.outside().come_back();
        let second = agent.completed(&accepted).await;
        assert_eq!(second.spec.params.to_json(), "{\"size\":2}");
        assert_eq!(second.host_port, first.host_port);
        assert_ne!(second.engine_id, first.engine_id);
        assert_eq!(agent.settle().await.len(), agent.containers().len());
        assert_eq!(agent.control.orphans(false).await.unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_container_of_the_same_thing_is_listed_until_its_record_is_gone() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    // A twin, for a record that another database had.
    let mut spec = agent.fake.outside().spec_of(&row.name);
    spec.name = "twin".to_owned();
    spec.host_port = HostPort(7999);
    spec.labels
        .insert("synapse.record".to_owned(), "999".to_owned());
    let twin = agent.control.engine().create(&spec).await.unwrap();
    agent.control.engine().start(&twin).await.unwrap();
    pass(Duration::from_secs(700)).await;
    let [orphan]: [Orphan; 1] = agent
        .control
        .orphans(false)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        (orphan.reason, orphan.adopt_command),
        (OrphanReason::IdentityTaken, None)
    );
    assert!(
        orphan.detail.contains(&format!("playground rm {}", row.pk)),
        "{}",
        orphan.detail
    );
    let health = agent.control.health().await.unwrap();
    let told = |problem: &String| problem.contains("playground orphans");
    assert!(health.problems.iter().any(told), "{health:#?}");
    let refused = agent.control.adopt_orphan(&orphan.id, false).await;
    assert!(
        matches!(refused, Err(ControlError::NotAdoptable { .. })),
        "{refused:?}"
    );
    agent.control.want_absent(row.pk).await.unwrap();
    agent.gone(row.pk).await;
    pass(Duration::from_secs(700)).await;
    let row = agent.settle().await.remove(0);
    // What it says of itself counts: it was made for another port, so it is made anew there.
    assert_eq!(row.host_port, Some(HostPort(7999)));
    let problems = agent.control.health().await.unwrap().problems;
    assert!(!problems.iter().any(told), "{problems:?}");
}

#[tokio::test(start_paused = true)]
async fn a_container_on_a_port_that_another_record_holds_is_listed() {
    let mut agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let first = agent.ready(&facts).await;
    agent.settle().await;
    agent.kill().await;
    agent.fake.outside().stop(&first.name);
    agent.fake.outside().go_down();
    agent.lose_database().await;
    // Another plugin gets the port before the engine can tell whose it was.
    let other = agent.upload(&Plugin::new("other", "1.0.0")).await;
    let accepted = agent.create(TestControl::request(&other)).await;
    let taken = agent
        .control
        .store()
        .reserve_port(
            accepted.container.pk,
            agent.control.config().port_range,
            agent.fake.now(),
        )
        .await;
    assert_eq!(taken.ok(), first.host_port);
    agent.fake.outside().come_back();
    agent.completed(&accepted).await;
    let orphans = agent.control.orphans(false).await.unwrap();
    let reasons: Vec<_> = orphans.iter().map(|orphan| orphan.reason).collect();
    assert_eq!(reasons, [OrphanReason::PortTaken]);
    agent
        .control
        .remove_orphan(&orphans[0].id, false)
        .await
        .unwrap();
    assert_eq!(agent.control.orphans(false).await.unwrap(), []);
    agent.settle().await;
}

/// An Agent with this policy, whose database is lost; and the record that was in it.
async fn lost(policy: OrphanPolicy) -> (TestControl, ContainerRow) {
    let mut agent = TestControl::with(|config| config.orphans = policy).await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    agent.settle().await;
    agent.lose_database().await;
    pass(Duration::from_secs(700)).await;
    (agent, row)
}

#[tokio::test(start_paused = true)]
async fn the_policy_list_leaves_orphans_alone_until_somebody_decides() {
    let (agent, before) = lost(OrphanPolicy::List).await;
    assert_eq!(agent.rows().await, []);
    assert_eq!(agent.fake.answers(before.host_port.unwrap()), Some(200));
    let [orphan]: [Orphan; 1] = agent
        .control
        .orphans(false)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        (orphan.reason, orphan.of_this_agent),
        (OrphanReason::NoRecord, true)
    );
    assert_eq!(
        (orphan.record, orphan.host_port),
        (Some(before.pk.0), before.host_port.map(|port| port.0))
    );
    assert_eq!(
        orphan.adopt_command,
        Some(format!("playground orphans adopt {}", &orphan.id[..12]))
    );
    let unknown = agent.control.adopt_orphan("nobody", false).await;
    assert!(
        matches!(unknown, Err(ControlError::UnknownOrphan(_))),
        "{unknown:?}"
    );
    let row = agent
        .control
        .adopt_orphan(&orphan.id[..12], false)
        .await
        .unwrap();
    assert_eq!(row.pk, before.pk);
    let row = agent.settle().await.remove(0);
    assert_eq!(
        (row.engine_id, row.published_run),
        (before.engine_id, before.published_run)
    );
}

#[tokio::test(start_paused = true)]
async fn the_policy_remove_removes_orphans() {
    let (agent, _) = lost(OrphanPolicy::Remove).await;
    assert_eq!(agent.rows().await, []);
    assert_eq!(agent.fake.containers(), []);
}

#[tokio::test(start_paused = true)]
async fn orphans_of_another_agent_are_listed_when_asked_and_taken_over_only_by_name() {
    let gone = TestControl::new().await;
    let facts = gone.upload(&Plugin::new("echo", "1.0.0")).await;
    let before = gone.ready(&facts).await;
    gone.settle().await;
    gone.kill().await;
    let agent = TestControl::on(&gone.fake, |_| {}).await;
    pass(Duration::from_secs(700)).await;
    assert_eq!(agent.control.orphans(false).await.unwrap(), []);
    assert_eq!(agent.rows().await, []);
    let [orphan]: [Orphan; 1] = agent
        .control
        .orphans(true)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        (orphan.reason, orphan.of_this_agent),
        (OrphanReason::OtherAgent, false)
    );
    assert_eq!(orphan.agent_id, gone.control.agent_id());
    for refused in [
        agent
            .control
            .adopt_orphan(&orphan.id, false)
            .await
            .map(drop),
        agent.control.remove_orphan(&orphan.id, false).await,
    ] {
        assert!(
            matches!(refused, Err(ControlError::OtherAgents { .. })),
            "{refused:?}"
        );
    }
    // Taken over: another container with our labels, on the same port, from the same image.
    let row = agent.control.adopt_orphan(&orphan.id, true).await.unwrap();
    let row = agent.until(row.pk, ContainerRow::is_published).await;
    assert_eq!(
        (row.host_port, row.image.clone()),
        (before.host_port, before.image)
    );
    assert_ne!(row.engine_id, before.engine_id);
    assert_eq!(count(&agent, Op::Build), 1);
    assert_eq!(
        agent.container_of(&row).labels["synapse.agent"],
        agent.control.agent_id()
    );
    assert_eq!(agent.fake.containers().len(), 1);
    agent.settle().await;
}

#[tokio::test(start_paused = true)]
async fn an_agent_whose_database_is_lost_beside_another_one_takes_only_its_own() {
    let mut one = TestControl::new().await;
    let two = TestControl::on(&one.fake, |_| {}).await;
    let facts = one.upload(&Plugin::new("echo", "1.0.0")).await;
    two.upload(&Plugin::new("echo", "1.0.0")).await;
    let of_one = one.ready(&facts).await;
    let of_two = two.ready(&facts).await;
    let (view_one, view_two) = (one.container_of(&of_one), two.container_of(&of_two));
    one.lose_database().await;
    pass(Duration::from_secs(700)).await;
    assert_eq!(one.settle().await.len(), 1);
    assert_eq!(two.settle().await.len(), 1);
    assert_eq!(one.container_of(&of_one), view_one);
    assert_eq!(two.container_of(&of_two), view_two);
}

#[tokio::test(start_paused = true)]
async fn a_container_without_the_label_that_adoption_needs_is_listed_with_the_reason() {
    let agent = TestControl::new().await;
    let facts = agent.upload(&Plugin::new("echo", "1.0.0")).await;
    let row = agent.ready(&facts).await;
    // As an older version of the Agent would have made it, for a record that is gone.
    let outside = agent.fake.outside();
    let mut spec = outside.spec_of(&row.name);
    spec.name = "ancient".to_owned();
    spec.labels.remove("synapse.origin");
    spec.labels
        .insert("synapse.record".to_owned(), "999".to_owned());
    agent.control.engine().create(&spec).await.unwrap();
    pass(Duration::from_secs(700)).await;
    let [orphan]: [Orphan; 1] = agent
        .control
        .orphans(false)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        (orphan.reason, orphan.adopt_command),
        (OrphanReason::LabelsIncomplete, None)
    );
    assert_eq!(orphan.name, "ancient");
    agent.control.remove_orphan("ancient", false).await.unwrap();
    assert_eq!(agent.settle().await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_differs_between_database_and_file_is_an_error_that_says_what_to_do() {
    let mut agent = TestControl::new().await;
    agent.control.stop().await;
    let file = agent
        .control
        .config()
        .data_dir
        .join(playground_control::AGENT_ID_FILE);
    let id = agent.control.agent_id().to_owned();
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), id);
    std::fs::write(&file, "somebody-else\n").unwrap();
    let message = agent.cannot_start().await.to_string();
    assert!(
        message.contains(&id) && message.contains("somebody-else"),
        "{message}"
    );
    std::fs::write(&file, " \n").unwrap();
    assert!(matches!(
        agent.cannot_start().await,
        ControlError::AgentIdInvalid { .. }
    ));
    // Removed, it is made again from the database.
    std::fs::remove_file(&file).unwrap();
    agent.start_again().await;
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), id);
}
