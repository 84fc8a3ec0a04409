//! The words of Synapse Playground: identities, states, failures and the shapes on the wire.
//!
//! Everything that crosses a border (a path segment, a form field, a database column) is parsed once into a type of
//! this crate; inner code never sees a raw string again. The crate does no IO and holds no policy.
//!
//! | module | words |
//! |---|---|
//! | [`release`] | `code@version`, the plugin release |
//! | [`idle`] | how deep and how soon an app sleeps that nobody looks at |
//! | [`image`] | the Docker name an image of a release gets |
//! | [`digest`] | content digests |
//! | [`env`](mod@env) | environment variables a caller may set, params, what counts as a secret |
//! | [`port`] | host ports and their range |
//! | [`limits`] | the resources one container may use |
//! | [`status`] | status words of containers and builds |
//! | [`failure`] | why a build or a run failed, as data |
//! | [`time`] | UTC milliseconds, text on the wire |
//! | [`wire`] | request and answer bodies of the REST API |

pub mod digest;
pub mod env;
pub mod failure;
pub mod id;
pub mod idle;
pub mod image;
pub mod limits;
pub mod port;
pub mod release;
pub mod status;
pub mod time;
pub mod unmask;
pub mod wire;

pub use digest::Digest;
pub use failure::{Cause, Failure, FailureKind};
pub use id::{BuildId, ContainerPk, EngineId, LaunchId, ModelId};
pub use idle::{IdleTimes, Tier};
pub use image::ImageName;
pub use limits::Limits;
pub use port::{HostPort, PortRange};
pub use release::{PluginCode, PluginRelease, PluginVersion};
pub use status::{
    BuildStatus, ContainerStatus, HealthState, LaunchStatus, StepPurpose, Visibility,
};
pub use time::Timestamp;
