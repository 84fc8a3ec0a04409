//! Containers of ours that no record has: the database was lost, or restored from before they were made.
//!
//! | what is found | policy `adopt` | `list` | `remove` |
//! |---|---|---|---|
//! | no record of its (plugin release, model) | gets a record, under its old key where that is free | listed | removed |
//! | a record of them that was asked for earlier than the container | that record becomes what the container says | listed | removed |
//! | a record of them that was asked for later, without a container | that record takes it, and makes what it wants of it | the same | the same |
//! | a record of them that has another container | listed: that record counts | listed | removed |
//! | its port is another record's | listed | listed | removed |
//! | its labels do not say enough | listed | listed | removed |
//! | its record was deleted on purpose | removed | listed | removed |
//! | another Agent's | not looked at | not looked at | not looked at |
//!
//! Nothing is removed because of its name, and nothing is adopted that is about to go: a record goes last, so what has
//! none any more is gone from the engine when it is looked at once more.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;

use playground_engine::labels::{LABEL_AGENT, LABEL_RECORD};
use playground_engine::{ContainerView, RunState};
use playground_store::{Adopted, Adoption, ContainerFilter, ContainerRow};
use playground_types::wire::{Orphan, OrphanReason};
use playground_types::{ContainerPk, EngineId};

use crate::config::OrphanPolicy;
use crate::container::spec::{is_newer, is_same_app};
use crate::{Control, ControlError, StepError, orphan};

/// Records looked at in one go.
const ALL: u64 = 100_000;

/// A container without a record, and why it has none.
#[derive(Debug)]
struct Stray {
    view: ContainerView,
    reason: OrphanReason,
    detail: String,
    adoption: Option<Adoption>,
}

/// The records, as containers are looked up among them.
struct Records {
    by_pk: HashMap<ContainerPk, ContainerRow>,
    by_engine_id: HashMap<EngineId, ContainerPk>,
}

impl Control {
    /// Gives every container of ours a record again, or does with it what the policy says.
    pub(crate) async fn look_after_orphans(&self) -> Result<(), StepError> {
        // The engine first: a record made after the list was taken has no container in it yet.
        let views = self.engine.list(&self.agent_id).await?;
        let records = self.records().await?;
        let there: HashSet<EngineId> = views.iter().map(|view| view.id.clone()).collect();
        let mut left = 0;
        for view in views {
            if self.has_record(&view, &records, &there).await? {
                continue;
            }
            let Some(stray) = self.examine(view).await? else {
                continue;
            };
            if !self.deal_with(stray).await? {
                left += 1;
            }
        }
        self.note_orphans(left);
        Ok(())
    }

    /// Containers without a record: this Agent's, and where asked for also those of others.
    pub async fn orphans(&self, all_agents: bool) -> Result<Vec<Orphan>, ControlError> {
        let strays = self.strays(all_agents).await.map_err(as_request)?;
        Ok(strays.into_iter().map(|stray| self.shown(stray)).collect())
    }

    /// Gives a container a record because somebody asks for it. One of another Agent is replaced by one with our labels.
    pub async fn adopt_orphan(
        &self,
        id: &str,
        other_agent: bool,
    ) -> Result<ContainerRow, ControlError> {
        let stray = self.find_orphan(id, other_agent).await?;
        let refused = |reason: String| ControlError::NotAdoptable {
            id: stray.view.id.short().to_owned(),
            reason,
        };
        let Some(mut adoption) = stray.adoption.clone() else {
            return Err(refused(stray.detail));
        };
        if stray.reason == OrphanReason::OtherAgent {
            // Its labels name the other Agent for good, so a new container takes its place on its port.
            adoption.pk = None;
            adoption.epoch += 1;
            adoption.wanted_at = self.clock.now();
        }
        let adopted = self.store.adopt(&adoption, self.clock.now()).await?;
        match adopted {
            Adopted::Known(pk) | Adopted::New(pk) | Adopted::Into(pk) => {
                self.adopted(pk, &stray.view);
                let row = self.store.container(pk).await?;
                row.ok_or_else(|| ControlError::UnknownContainer(pk.to_string()))
            }
            Adopted::IdentityTaken(pk) => Err(refused(identity_taken(pk))),
            Adopted::PortTaken(pk) => Err(refused(port_taken(pk))),
        }
    }

    /// Removes a container without a record because somebody asks for it.
    pub async fn remove_orphan(&self, id: &str, other_agent: bool) -> Result<(), ControlError> {
        let stray = self.find_orphan(id, other_agent).await?;
        self.engine.remove(&stray.view.id).await?;
        tracing::info!(
            engine.id = stray.view.id.short(),
            "container {} had no record and was removed on request",
            stray.view.name
        );
        self.sweep_soon();
        Ok(())
    }

    async fn find_orphan(&self, id: &str, other_agent: bool) -> Result<Stray, ControlError> {
        let mut strays = self.strays(true).await.map_err(as_request)?;
        strays.retain(|stray| {
            stray.view.name == id || id.len() >= 4 && stray.view.id.as_str().starts_with(id)
        });
        if strays.len() > 1 {
            return Err(ControlError::AmbiguousHandle(id.to_owned()));
        }
        let stray = strays
            .pop()
            .ok_or_else(|| ControlError::UnknownOrphan(id.to_owned()))?;
        if stray.reason == OrphanReason::OtherAgent && !other_agent {
            return Err(ControlError::OtherAgents {
                id: stray.view.id.short().to_owned(),
                agent: agent_of(&stray.view),
            });
        }
        Ok(stray)
    }

    async fn strays(&self, all_agents: bool) -> Result<Vec<Stray>, StepError> {
        let views = if all_agents {
            self.engine.list_all_agents().await?
        } else {
            self.engine.list(&self.agent_id).await?
        };
        let records = self.records().await?;
        let there: HashSet<EngineId> = views.iter().map(|view| view.id.clone()).collect();
        let mut strays = Vec::new();
        for view in views {
            if agent_of(&view) != self.agent_id {
                if !records.by_engine_id.contains_key(&view.id) {
                    strays.extend(self.examine_other(view).await?);
                }
            } else if !self.has_record(&view, &records, &there).await? {
                strays.extend(self.examine(view).await?);
            }
        }
        Ok(strays)
    }

    async fn records(&self) -> Result<Records, StepError> {
        let filter = ContainerFilter {
            limit: ALL,
            ..ContainerFilter::default()
        };
        let (rows, _) = self.store.containers(&filter).await?;
        Ok(Records {
            by_engine_id: rows
                .iter()
                .flat_map(|row| {
                    let ids = [&row.engine_id, &row.previous_engine_id];
                    ids.into_iter().flatten().map(|id| (id.clone(), row.pk))
                })
                .collect(),
            by_pk: rows.into_iter().map(|row| (row.pk, row)).collect(),
        })
    }

    /// Whether some record has this container, or takes it now: the one of the same release and model, where that was
    /// asked for later and has no container. What it wants is then made in its place.
    async fn has_record(
        &self,
        view: &ContainerView,
        records: &Records,
        there: &HashSet<EngineId>,
    ) -> Result<bool, StepError> {
        if records.by_engine_id.contains_key(&view.id) {
            return Ok(true);
        }
        let Some(row) = records
            .by_pk
            .values()
            .find(|row| is_same_app(view, row) && !is_newer(view, row))
        else {
            return Ok(false);
        };
        if row.engine_id.as_ref().is_some_and(|id| there.contains(id)) {
            return Ok(false);
        }
        // One that was made for this very record is found by its name, too.
        if record_of(view) != Some(row.pk) || view.name != row.name {
            let (id, before) = (&view.id, row.engine_id.as_ref());
            let attached = self
                .store
                .attach_container(row.pk, before, id, view.host_port, self.clock.now())
                .await?;
            self.wake(row.pk);
            return Ok(attached);
        }
        Ok(true)
    }

    /// Why a container has no record. None when it is gone by now.
    async fn examine(&self, view: ContainerView) -> Result<Option<Stray>, StepError> {
        let stray = |view, reason, detail: String, adoption| {
            Some(Stray {
                view,
                reason,
                detail,
                adoption,
            })
        };
        if matches!(view.state, RunState::Removing | RunState::Dead) {
            let detail = "Docker is removing it, or could not remove all of it".to_owned();
            return Ok(stray(view, OrphanReason::Ending, detail, None));
        }
        let found = self.adoption(&view).await?;
        let Some(found) = found else { return Ok(None) };
        if let Some(pk) = record_of(&view)
            && self.store.was_deleted(pk, &view.name, &view.id).await?
        {
            let detail = format!("its record {pk} was deleted; remove it, or adopt it after all");
            return Ok(stray(view, OrphanReason::Deleted, detail, found.ok()));
        }
        let adoption = match found {
            Ok(adoption) => adoption,
            Err(missing) => {
                let detail = format!("no record can be made from it: {missing}; remove it");
                return Ok(stray(view, OrphanReason::LabelsIncomplete, detail, None));
            }
        };
        let (reason, detail) = match self.store.adoptable(&adoption).await? {
            Adopted::Known(_) => return Ok(None),
            Adopted::New(_) => (
                OrphanReason::NoRecord,
                "the database does not know it".to_owned(),
            ),
            Adopted::Into(pk) => (
                OrphanReason::NoRecord,
                format!("it is newer than record {pk} of the same release and model"),
            ),
            Adopted::IdentityTaken(pk) => (OrphanReason::IdentityTaken, identity_taken(pk)),
            Adopted::PortTaken(pk) => (OrphanReason::PortTaken, port_taken(pk)),
        };
        Ok(stray(view, reason, detail, Some(adoption)))
    }

    async fn examine_other(&self, view: ContainerView) -> Result<Option<Stray>, StepError> {
        let adoption = match self.adoption(&view).await? {
            None => return Ok(None),
            Some(found) => found.ok(),
        };
        Ok(Some(Stray {
            detail: "another Agent made it and may be alive; only touch it when that Agent is gone for good"
                .to_owned(),
            reason: OrphanReason::OtherAgent,
            view,
            adoption,
        }))
    }

    /// What the policy says. True when nothing is left to say about it.
    async fn deal_with(&self, stray: Stray) -> Result<bool, StepError> {
        match (self.config.orphans, stray.reason) {
            (OrphanPolicy::List, _) | (OrphanPolicy::Adopt, OrphanReason::Ending) => Ok(false),
            (OrphanPolicy::Remove, _) | (OrphanPolicy::Adopt, OrphanReason::Deleted) => {
                tracing::info!(
                    engine.id = stray.view.id.short(),
                    "container {} has no record and is removed: {}",
                    stray.view.name,
                    stray.detail
                );
                self.engine.remove(&stray.view.id).await?;
                Ok(true)
            }
            (OrphanPolicy::Adopt, _) => self.adopt_by_itself(stray).await,
        }
    }

    async fn adopt_by_itself(&self, stray: Stray) -> Result<bool, StepError> {
        let Some(adoption) = stray.adoption else {
            return Ok(false);
        };
        Ok(match self.store.adopt(&adoption, self.clock.now()).await? {
            Adopted::Known(_) => true,
            Adopted::New(pk) | Adopted::Into(pk) => {
                self.adopted(pk, &stray.view);
                true
            }
            Adopted::IdentityTaken(_) | Adopted::PortTaken(_) => false,
        })
    }

    fn adopted(&self, pk: ContainerPk, view: &ContainerView) {
        tracing::info!(
            container.pk = %pk, engine.id = view.id.short(),
            "container {} had no record and has record {pk} now", view.name
        );
        self.wake(pk);
        self.changes.note();
    }

    /// Remembers for the health report how many there are, and says so when that changes.
    fn note_orphans(&self, count: usize) {
        let before = self.orphans.swap(count, Ordering::Relaxed);
        if count > 0 && count != before {
            tracing::warn!(
                count,
                "containers of this Agent have no record: see `playground orphans`"
            );
        }
    }

    fn shown(&self, stray: Stray) -> Orphan {
        let of_this_agent = stray.reason != OrphanReason::OtherAgent;
        let flag = if of_this_agent { "" } else { " --all-agents" };
        let id = stray.view.id.short();
        let can_be_adopted = stray.adoption.is_some()
            && !matches!(
                stray.reason,
                OrphanReason::IdentityTaken | OrphanReason::PortTaken
            );
        Orphan {
            adopt_command: can_be_adopted.then(|| format!("playground orphans adopt {id}{flag}")),
            remove_command: format!("playground orphans rm {id}{flag}"),
            agent_id: agent_of(&stray.view),
            of_this_agent,
            plugin_release: orphan::release_of(&stray.view).map(|release| release.to_string()),
            model: orphan::model_of(&stray.view).map(|model| model.0),
            record: record_of(&stray.view).map(|pk| pk.0),
            host_port: stray.view.host_port.map(|port| port.0),
            status: stray.view.state.word().to_owned(),
            name: stray.view.name,
            reason: stray.reason,
            detail: stray.detail,
            id: stray.view.id.0,
        }
    }
}

/// The record that a container was made for.
pub(crate) fn record_of(view: &ContainerView) -> Option<ContainerPk> {
    view.labels.get(LABEL_RECORD)?.parse().ok().map(ContainerPk)
}

fn agent_of(view: &ContainerView) -> String {
    view.labels.get(LABEL_AGENT).cloned().unwrap_or_default()
}

fn identity_taken(pk: ContainerPk) -> String {
    format!(
        "record {pk} is for the same release and model and has another container: remove this one, or delete that record \
         first (`playground rm {pk}`)"
    )
}

fn port_taken(pk: ContainerPk) -> String {
    format!(
        "its host port belongs to record {pk}: remove this container, or delete that record first (`playground rm {pk}`)"
    )
}

/// A look at the engine on behalf of a request.
fn as_request(error: StepError) -> ControlError {
    match error {
        StepError::Engine(error) => ControlError::Engine(error),
        StepError::Own(error) => *error,
    }
}
