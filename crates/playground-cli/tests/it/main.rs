//! The built binary against an Agent's recorded answers: what it prints where, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod agent;
mod broken;
mod check;
mod completion;
mod create;
mod dev;
mod doctor;
mod errors;
mod faults;
mod help;
mod interrupt;
mod korean;
mod login;
mod open;
mod orphans;
mod run;
mod run_app;
mod sound;
mod tables;
mod terminal;
