//! Other hands on the same engine: a person with the `docker` command, another program, a power cut.

use playground_types::{EngineId, HostPort};

use super::FakeEngine;
use super::state::{Network, State};
use crate::{ContainerSpec, LogLine, LogSource, Reach, Resources, Result};

/// What others can do to the engine. None of it counts as a call, and all of it works while the engine is "down".
///
/// Containers are named by name or id. Naming one that is not there is a mistake in the test and panics.
#[derive(Debug, Clone)]
pub struct Outside(FakeEngine);

impl Outside {
    pub(super) fn new(engine: FakeEngine) -> Self {
        Self(engine)
    }

    /// The app ends with this exit code.
    pub fn kill(&self, container: &str, exit_code: i64) {
        self.on(container, |state, id| {
            state.exit(id, exit_code, false);
        });
    }

    /// The memory limit ends the app.
    pub fn oom(&self, container: &str) {
        self.on(container, |state, id| {
            state.exit(id, 137, true);
        });
    }

    /// `docker rm -f`.
    pub fn rm(&self, container: &str) {
        self.on(container, |state, id| {
            state.remove(id);
        });
    }

    /// `docker stop`.
    pub fn stop(&self, container: &str) {
        self.on(container, |state, id| state.stop(id, 143));
    }

    /// `docker start`.
    ///
    /// # Errors
    /// Where Docker would refuse.
    pub fn start(&self, container: &str) -> Result<()> {
        let id = self.find(container);
        self.0.begin_run(&id)
    }

    /// `docker pause`.
    ///
    /// # Errors
    /// Where Docker would refuse.
    pub fn pause(&self, container: &str) -> Result<()> {
        self.on(container, State::pause)
    }

    /// `docker unpause`.
    ///
    /// # Errors
    /// Where Docker would refuse.
    pub fn unpause(&self, container: &str) -> Result<()> {
        self.on(container, State::unpause)
    }

    /// `docker rename`.
    ///
    /// # Errors
    /// Where Docker would refuse.
    pub fn rename(&self, container: &str, name: &str) -> Result<()> {
        self.on(container, |state, id| state.rename(id, name))
    }

    /// `docker rmi -f`.
    pub fn remove_image(&self, reference: &str) {
        self.0.change(|state| {
            if let Some(image) = state.image(reference) {
                state.images.remove(&image.id);
            }
        });
    }

    /// `docker network disconnect -f` of every running container, then `docker network rm`.
    pub fn remove_network(&self, name: &str) {
        self.0.change(|state| {
            let connected: Vec<EngineId> = state
                .containers
                .values()
                .filter(|container| container.is_up() && container.spec.network == name)
                .map(|container| container.view.id.clone())
                .collect();
            for id in connected {
                state.disconnect(&id);
            }
            if let Some(network) = state.networks.remove(name) {
                state.emit_network(name, EngineId(network.id), "destroy");
            }
        });
    }

    /// `docker network disconnect -f`.
    pub fn disconnect(&self, container: &str) {
        self.on(container, |state, id| state.disconnect(id));
    }

    /// `docker update`.
    pub fn update(&self, container: &str, resources: Resources) {
        self.on(container, |state, id| state.update(id, resources))
            .expect("the container is there");
    }

    /// A network of somebody else.
    pub fn add_foreign_network(&self, name: &str) {
        self.0.change(|state| {
            let id = state.new_id();
            let labels = Default::default();
            state.networks.insert(
                name.to_owned(),
                Network {
                    id,
                    reach: Reach::Everywhere,
                    labels,
                },
            )
        });
    }

    /// A process of the host takes this port.
    pub fn occupy_port(&self, port: HostPort) {
        self.0.change(|state| state.foreign_ports.insert(port));
    }

    /// That process is gone.
    pub fn free_port(&self, port: HostPort) {
        self.0.change(|state| state.foreign_ports.remove(&port));
    }

    /// Events are lost from now on, or no more.
    pub fn drop_events(&self, dropped: bool) {
        self.0.change(|state| state.events_dropped = dropped);
    }

    /// Event streams end, as when the connection breaks.
    pub fn cut_streams(&self) {
        self.0.change(|state| state.cuts += 1);
    }

    /// The engine answers nothing; its containers keep running.
    pub fn go_down(&self) {
        self.0.gate().set_down(true);
        self.cut_streams();
    }

    /// The engine answers again.
    pub fn come_back(&self) {
        self.0.gate().set_down(false);
    }

    /// The app is busy: it takes connections and answers none of them from now on, or answers again. A start of its
    /// container ends that.
    pub fn hang(&self, container: &str, hangs: bool) {
        self.on(container, |state, id| {
            if let Ok(container) = state.container(id) {
                container.hanging_run = hangs.then_some(container.run);
            }
        });
    }

    /// The tar that a live container's app runs; none while it has no app, empty where none was unpacked.
    pub fn served(&self, container: &str) -> Option<Vec<u8>> {
        let id = self.find(container);
        self.0
            .state()
            .containers
            .get(&id)
            .and_then(|container| container.served.clone())
    }

    /// The app prints a line.
    pub fn print(&self, container: &str, text: &str) {
        self.on(container, |state, id| {
            let at = Some(state.now());
            if let Ok(container) = state.container(id) {
                container.log.push(LogLine {
                    stream: LogSource::Stdout,
                    at,
                    text: text.to_owned(),
                });
            }
        });
    }

    /// The app wrote so much over its image.
    pub fn write(&self, container: &str, bytes: u64) {
        self.on(container, |state, id| {
            if let Ok(container) = state.container(id) {
                container.writable_bytes = bytes;
            }
        });
    }

    /// So many visitors are connected to the app's own port.
    pub fn connect(&self, container: &str, connections: usize) {
        self.on(container, |state, id| {
            if let Ok(container) = state.container(id) {
                container.connections = connections;
            }
        });
    }

    /// The app keeps a CPU busy from now on, or no more.
    pub fn work(&self, container: &str, works: bool) {
        self.on(container, |state, id| {
            if let Ok(container) = state.container(id) {
                container.works = works;
            }
        });
    }

    /// The spec that a container was created from.
    pub fn spec_of(&self, container: &str) -> ContainerSpec {
        self.on(container, |state, id| state.containers[id].spec.clone())
    }

    fn on<T>(&self, container: &str, hand: impl FnOnce(&mut State, &EngineId) -> T) -> T {
        let id = self.find(container);
        self.0.change(|state| hand(state, &id))
    }

    fn find(&self, container: &str) -> EngineId {
        let found = self.0.state().find(container);
        found.unwrap_or_else(|| panic!("the fake engine has no container {container}"))
    }
}
