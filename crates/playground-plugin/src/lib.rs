//! Archive bytes -> checked plugin -> Dockerfile and deterministic build context.
//!
//! ```text
//! upload ─▶ archive/* ─▶ tree ─▶ manifest ─▶ entrypoint ─▶ requirements ─▶ Examined ─▶ CheckedPlugin { facts, canonical source }
//!           (spooled)                                                   (all mistakes)             │
//!                            base image, options ─▶ recipe/* ─▶ Dockerfile ─▶ build context
//! ```
//!
//! **Guarantees.** No archive is ever extracted: names are checked as bytes and text, contents are copied into one
//! anonymous temporary file, and what leaves is a fresh tar of regular files in sorted order with fixed owners, modes and
//! times. Equal files give an equal [`PluginFacts::content`] and a byte-identical tar, however they were packed. Memory
//! does not grow with contents. No text of a plugin ever enters a Dockerfile. No input panics (fuzzed).
//!
//! **Assumptions.** The caller limits how long an upload may take to arrive; the spool folder is on a disk with room for
//! [`ArchiveLimits::total_bytes`].
//!
//! **Caveats.** The call blocks; run it where blocking is allowed. It is made for Linux.

mod archive;
mod check;
mod checked;
mod entrypoint;
mod error;
mod examined;
mod facts;
mod finding;
mod limits;
pub mod manifest;
mod place;
mod reason;
pub mod recipe;
pub mod requirements;
mod spool;
mod text;
mod tree;
mod warning;

pub use check::{Requested, check, examine};
pub use checked::CheckedPlugin;
pub use entrypoint::{DEFAULT_FILE, Entrypoint, NotAnEntrypoint};
pub use error::PluginError;
pub use examined::Examined;
pub use facts::PluginFacts;
pub use finding::{Finding, Severity};
pub use limits::{ArchiveLimits, RATIO_FREE_BYTES};
pub use place::Place;
pub use reason::{NameFault, Said};
pub use recipe::{IndexSettings, Recipe, write_context};
pub use requirements::RequirementPolicy;
pub use warning::Warning;
