//! The heart of Synapse Playground: records say what should be, the engine says what is, and this crate closes the gap
//! one step at a time.
//!
//! ```text
//!  request ─▶ intake ─▶ desire ──(row)──▶ driver ──▶ observe ─▶ decide ─▶ execute ──(row)──▶ changes ─▶ whoever waits
//!                                          ▲  ▲                              │
//!                           Docker events ─┘  └── timer                      └─▶ build ─▶ image
//! ```
//!
//! Guarantees
//! * Every arrow is a row in the store; nothing is handed over in memory. A process killed between any two lines loses
//!   time and nothing else.
//! * One turn at a time for a record. A restart is a level, so none is lost and none is done for nothing twice.
//! * What carries no label of this Agent is never touched.
//! * A container's address is given out only after its app answered over HTTP, in this very run.
//!
//! Caveats: events are hints; everything is looked at again on a timer. What the engine does between an observation and
//! its step shows in the next turn.

mod adopt;
mod app_api;
mod attrs;
mod audience;
mod backend;
mod build;
mod changes;
mod clean;
mod clock;
mod compare;
mod config;
pub mod container;
mod desire;
mod diagnose;
mod driver;
mod endpoint;
mod error;
mod events;
mod health;
mod health_checks;
mod host_rules;
mod identity;
mod image;
mod intake;
mod launches;
mod logs;
mod names;
mod orphan;
mod port;
mod push;
mod readiness;
mod starts;
mod stats;
mod sweep;
mod tasks;
mod view;
mod watch;
mod watching;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use playground_engine::Engine;
use playground_store::Store;
use playground_types::Timestamp;
use tokio::sync::{RwLock, Semaphore};
use tokio_util::sync::CancellationToken;

pub use app_api::Unheard;
pub use audience::Audience;
pub use backend::BackendConfig;
pub use build::log::{BuildLogLine, BuildLogReader};
pub use build::queue::Place;
pub use clean::{CleanConfig, CleanHours, CleanHoursError, DiskGauge, DiskSpace, Mode};
pub use compare::Progress;
pub use config::{
    BuildConfig, ControlConfig, HealthCheckConfig, OrphanPolicy, Publish, Replace, RestartPolicy,
};
pub use desire::{CreateRequest, Handle};
pub use error::{ControlError, StepError};
pub use identity::AGENT_ID_FILE;
pub use image::{LABEL_BASE_PACKAGES, LABEL_BASE_PYTHON};
pub use readiness::Probe;
pub use stats::StatsInterest;

use audience::Watched;
use build::Builder;
use changes::Changes;
use clean::DiskGuard;
use clock::Clock;
use compare::Comparison;
use container::drift::Lasting;
use driver::Driver;
use port::OwnPorts;
use push::PushState;
use starts::Starts;
use stats::Stats;
use tasks::Tasks;
use watching::Watching;

/// The loop and everything it works with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Control {
    inner: Arc<Inner>,
}

/// What all parts share.
#[derive(Debug)]
pub struct Inner {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) probe: Probe,
    pub(crate) config: ControlConfig,
    pub(crate) agent_id: String,
    pub(crate) clock: Clock,
    pub(crate) changes: Changes,
    pub(crate) comparison: Comparison,
    pub(crate) watching: Watching,
    pub(crate) driver: Driver,
    pub(crate) builder: Builder,
    pub(crate) disk_guard: DiskGuard,
    /// Shared by whoever writes content and its row, held alone by whoever removes them.
    pub(crate) filing: RwLock<()>,
    pub(crate) steps: Semaphore,
    pub(crate) starts: Starts,
    pub(crate) host_rules: AtomicBool,
    pub(crate) database_is_new: bool,
    pub(crate) orphans: AtomicUsize,
    pub(crate) lasting: Lasting,
    pub(crate) audience: Watched,
    pub(crate) own_ports: OwnPorts,
    pub(crate) http: reqwest::Client,
    pub(crate) pushes: PushState,
    pub(crate) stats: Stats,
    pub(crate) tasks: Tasks,
    pub(crate) shutdown: CancellationToken,
}

impl std::ops::Deref for Control {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl Control {
    /// Puts the parts together. Nothing runs before [`start`](Self::start).
    ///
    /// # Errors
    /// When a directory cannot be made or the store does not answer.
    pub async fn new(
        store: Store,
        engine: Engine,
        probe: Probe,
        config: ControlConfig,
    ) -> Result<Self, ControlError> {
        for folder in [
            config.sources_dir(),
            config.builds_dir(),
            config.spool_dir(),
        ] {
            std::fs::create_dir_all(&folder).map_err(|source| ControlError::Disk {
                path: folder,
                source,
            })?;
        }
        let identity = identity::identity(&store, &config.data_dir).await?;
        store.bar_ports(&config.reserved_ports).await?;
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::limited(3))
            .build()
            .map_err(ControlError::HttpClient)?;
        let inner = Inner {
            steps: Semaphore::new(config.concurrent_steps),
            starts: Starts::new(config.concurrent_starts),
            host_rules: AtomicBool::new(false),
            database_is_new: identity.database_is_new,
            orphans: AtomicUsize::new(0),
            lasting: Lasting::default(),
            audience: Watched::default(),
            own_ports: OwnPorts::default(),
            clock: Clock::of(&engine),
            store,
            engine,
            probe,
            config,
            agent_id: identity.id,
            changes: Changes::default(),
            comparison: Comparison::default(),
            watching: Watching::default(),
            driver: Driver::default(),
            builder: Builder::default(),
            disk_guard: DiskGuard::default(),
            filing: RwLock::default(),
            http,
            pushes: PushState::default(),
            stats: Stats::default(),
            tasks: Tasks::default(),
            shutdown: CancellationToken::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Begins to work: interrupted builds are queued again, events are followed, every record is compared with the engine.
    ///
    /// Returns once the store was read; the engine need not answer yet. [`ready`](Self::ready) tells when it did.
    pub async fn start(&self) -> Result<(), ControlError> {
        self.clean_spool();
        self.store.requeue_interrupted_builds().await?;
        self.comparison.begin(self.store.container_keys().await?);
        self.spawn_builder();
        self.spawn_events();
        self.spawn_sweeper();
        self.spawn_watch();
        self.spawn_health_checks();
        self.spawn_push();
        self.spawn_stats();
        Ok(())
    }

    /// Stops working: no new step begins, and the current ones end. Containers keep running.
    ///
    /// A step that takes longer than `shutdown_timeout` is left as it is, as by `kill -9`: the next start goes on from the
    /// rows. False when there was one.
    pub async fn stop(&self) -> bool {
        self.shutdown.cancel();
        let finished = tokio::time::timeout(self.config.shutdown_timeout, self.tasks.finish())
            .await
            .is_ok();
        self.tasks.abandon();
        finished
    }

    /// Whether the Agent was told to end.
    pub fn is_stopping(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// Kept by a stream that [`stop`](Self::stop) waits for, so that it gets its last words out.
    pub fn stream_token(&self) -> tokio_util::task::task_tracker::TaskTrackerToken {
        self.tasks.token()
    }

    /// Drops everything that runs wherever it is, as `kill -9` would. The store and the engine stay as they are.
    #[cfg(feature = "testing")]
    pub async fn kill(&self) {
        self.shutdown.cancel();
        self.tasks.abandon();
        self.tasks.finish().await;
    }

    /// Until the Agent is told to end: what streams end with.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        self.shutdown.clone().cancelled_owned()
    }

    /// The database, for reading.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The engine, for looking.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The settings in force.
    pub fn config(&self) -> &ControlConfig {
        &self.config
    }

    /// The time on the Agent's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The id on every label of this Agent.
    pub fn agent_id(&self) -> &str {
        &self.agent_id
    }
}

/// An error with its causes, on one line.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
