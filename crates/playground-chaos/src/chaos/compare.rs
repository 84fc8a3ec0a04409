//! What should be, beside what is. Everything that is compared counts; every difference is one sentence.

use std::collections::{BTreeMap, BTreeSet};

use playground_client::wire::Container;
use playground_store::{ContainerRow, Desired};
use playground_types::{ContainerStatus, FailureKind};
use serde_json::Value;

use super::find::{Caller, Engine, Found, Me};
use super::ledger::{Allowed, Ledger};
use super::plan::{Behaviour, Identity, Spec};
use super::report::Report;
use super::steady;

/// Which archive a checksum belongs to: the content's name.
pub(crate) type Contents = BTreeMap<String, char>;

/// Everything in one place that the comparison needs.
#[derive(Debug)]
pub(crate) struct Comparison<'a> {
    pub(crate) found: &'a Found,
    pub(crate) said: &'a [Container],
    pub(crate) contents: &'a Contents,
    pub(crate) report: &'a mut Report,
}

impl Comparison<'_> {
    /// Clients were told something; is it so?
    pub(crate) fn wishes(&mut self, ledger: &Ledger) {
        for identity in ledger.identities() {
            let allowed = ledger.allowed(identity);
            match row_of(self.found, identity) {
                Some(row) => self.wish(identity, &allowed, row),
                None => self.report.check(allowed.absent, || {
                    format!("{identity} is lost: it was asked for and never deleted")
                }),
            }
        }
        for row in &self.found.rows {
            let is_known = row.release.to_string() == steady::RELEASE
                || ledger
                    .identities()
                    .into_iter()
                    .any(|identity| is_of(row, identity));
            self.report.check(is_known, || {
                format!("record {} ({}) was never asked for", row.pk, row.release)
            });
        }
    }

    fn wish(&mut self, identity: Identity, allowed: &Allowed, row: &ContainerRow) {
        let pk = row.pk;
        let content = self.contents.get(row.spec.source.hex()).copied();
        let params = Value::Object(params_of(row));
        let spec = allowed.specs.iter().copied().find(|spec| {
            Value::Object(spec.mimic().params()) == params
                && (spec.content.is_none() || spec.content == content)
        });
        self.report.check(!allowed.specs.is_empty(), || {
            format!("{identity} is there as record {pk}, although it was deleted last")
        });
        let Some(spec) = spec else {
            return self.report.differs(format!(
                "record {pk} ({identity}) is made from params {params} and content {content:?}, which is not what was asked for last: {:?}",
                allowed.specs
            ));
        };
        let failure = row.current_failure().map(|failure| failure.kind);
        match row.desired {
            Desired::Absent => self
                .report
                .differs(format!("record {pk} ({identity}) is still on its way out")),
            Desired::Stopped => self.report.check(allowed.stopped, || {
                format!("record {pk} ({identity}) is stopped, which nobody asked for last")
            }),
            Desired::Running if failure == Some(FailureKind::Cancelled) => {
                self.report.check(allowed.cancelled, || {
                    format!("record {pk} ({identity}) says cancelled, and nobody cancelled it")
                });
            }
            Desired::Running => {
                self.report.check(allowed.running, || {
                    format!("record {pk} ({identity}) wants to run, although it was stopped last")
                });
                self.outcome(identity, row, spec);
            }
        }
    }

    /// An app that behaves must run, one that does not must have failed for that very reason.
    fn outcome(&mut self, identity: Identity, row: &ContainerRow, spec: Spec) {
        let failure = row.current_failure();
        let kind = failure.map(|failure| failure.kind);
        let fits = match spec.behaviour {
            Behaviour::Well | Behaviour::Late | Behaviour::Stubborn | Behaviour::Loud => {
                kind.is_none()
            }
            Behaviour::Ends => kind == Some(FailureKind::ExitedEarly),
            Behaviour::Loops => kind == Some(FailureKind::CrashLoop),
        };
        let pk = row.pk;
        self.report.check(fits, || {
            let said = failure.map_or("no failure".to_owned(), |failure| {
                format!("{}: {}", failure.kind.as_str(), failure.message)
            });
            let behaviour = spec.behaviour;
            format!("record {pk} ({identity}), whose app is {behaviour:?}, says {said}")
        });
        // What ended together with the engine did not crash.
        let may_crash = matches!(spec.behaviour, Behaviour::Ends | Behaviour::Loops);
        let attempts = row.attempts;
        self.report.check(may_crash || attempts == 0, || {
            format!("record {pk} ({identity}) counts {attempts} crashes of an app that has none")
        });
    }

    /// Each record beside its container, and each container beside its record.
    pub(crate) fn engine(&mut self) {
        let mut by_record: BTreeMap<i64, Vec<&Engine>> = BTreeMap::new();
        for container in &self.found.containers {
            by_record
                .entry(container.record)
                .or_default()
                .push(container);
        }
        for row in &self.found.rows {
            let own = by_record.remove(&row.pk.0).unwrap_or_default();
            self.record(row, &own);
        }
        for orphan in by_record.into_values().flatten() {
            let (id, record) = (orphan.short(), orphan.record);
            self.report.differs(format!(
                "container {id} is an orphan: record {record} does not exist"
            ));
        }
        let networks = &self.found.networks;
        self.report.check(networks.len() == 1, || {
            format!("there should be one network of ours, and there are {networks:?}")
        });
        let nameless = &self.found.nameless_images;
        self.report.check(nameless.is_empty(), || {
            format!("images of ours without a name: {nameless:?}")
        });
        let spooled = &self.found.spooled;
        self.report.check(spooled.is_empty(), || {
            format!("uploads that nobody finishes: {spooled:?}")
        });
    }

    fn record(&mut self, row: &ContainerRow, own: &[&Engine]) {
        let (pk, status) = (row.pk, row.status);
        self.report.check(own.len() <= 1, || {
            let ids: Vec<&str> = own.iter().map(|container| container.short()).collect();
            format!("record {pk} has several containers: {ids:?}")
        });
        let should_run = status == ContainerStatus::Running;
        let runs = own.iter().any(|container| container.is_running);
        self.report.check(should_run == runs, || {
            format!("record {pk} says {status}, and its container runs: {runs}")
        });
        let Some(container) = own.first() else {
            return;
        };
        let id = row.engine_id.as_ref().map(|id| id.as_str());
        self.report.check(id == Some(container.id.as_str()), || {
            format!(
                "record {pk} names container {id:?}, the engine has {}",
                container.short()
            )
        });
        let port = row.host_port.map(|port| port.0);
        self.report
            .check(!should_run || port == container.host_port, || {
                format!(
                    "record {pk} has port {port:?}, its container {:?}",
                    container.host_port
                )
            });
    }

    /// The ports that are open are those of the running records, and no others.
    pub(crate) fn ports(&mut self) {
        let is_running = |row: &&ContainerRow| row.status == ContainerStatus::Running;
        let expected: BTreeSet<u16> = self
            .found
            .rows
            .iter()
            .filter(is_running)
            .filter_map(|row| row.host_port.map(|port| port.0))
            .collect();
        for port in expected.union(&self.found.open_ports) {
            let (wanted, open) = (
                expected.contains(port),
                self.found.open_ports.contains(port),
            );
            self.report.check(wanted == open, || {
                if open {
                    format!("port {port} is open, and no running record has it")
                } else {
                    format!("port {port} belongs to a running record, and nothing listens there")
                }
            });
        }
    }

    /// The API says what the database says, and every endpoint leads to the app that it should.
    pub(crate) async fn endpoints(&mut self, caller: &Caller) {
        let rows = &self.found.rows;
        let (told, there) = (self.said.len(), rows.len());
        self.report.check(told == there, || {
            format!("the API lists {told} containers, the database has {there}")
        });
        for row in rows {
            let pk = row.pk;
            let Some(said) = self.said.iter().find(|said| said.pk == pk.0) else {
                self.report
                    .differs(format!("the API does not list record {pk}"));
                continue;
            };
            let is_running = row.status == ContainerStatus::Running;
            self.report
                .check(said.endpoint.is_some() == is_running, || {
                    format!(
                        "record {pk} says {} and gives {:?}",
                        row.status, said.endpoint
                    )
                });
            let Some(endpoint) = said.endpoint.as_deref().filter(|_| is_running) else {
                continue;
            };
            let content = self.contents.get(row.spec.source.hex());
            let expected = Me {
                params: Value::Object(params_of(row)),
                content: content.map(char::to_string).unwrap_or_default(),
            };
            let me = caller.me(endpoint).await;
            self.report
                .check(me.as_ref().is_ok_and(|me| *me == expected), || {
                    format!(
                        "{endpoint} of record {pk} answers {me:?}, which should be {expected:?}"
                    )
                });
        }
    }
}

fn row_of(found: &Found, identity: Identity) -> Option<&ContainerRow> {
    found.rows.iter().find(|row| is_of(row, identity))
}

fn is_of(row: &ContainerRow, identity: Identity) -> bool {
    row.release.to_string() == identity.release()
        && row.model.map(|model| model.0) == identity.model
}

fn params_of(row: &ContainerRow) -> serde_json::Map<String, Value> {
    serde_json::from_str(&row.spec.params.to_json()).unwrap_or_default()
}
