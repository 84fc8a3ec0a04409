//! What `check` makes of whole archives. Tests that show an item of the threat model's list carry its number.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod context;
mod deterministic;
mod examined;
mod hostile_tar;
mod hostile_zip;
mod manifest;
mod mutated;
mod pack;
mod packed_by_people;
mod requirements;
