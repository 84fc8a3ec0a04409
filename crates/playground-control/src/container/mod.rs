//! One container record: **observe** what is there, **decide** one step, **execute** it, again until settled.
//!
//! ```text
//!    row (store) ──┐
//!                  ├─▶ decide ─▶ one step ─▶ execute ─▶ outcome (store)
//!    engine ─▶ observe                                        │
//!                  ▲                                          │
//!                  └──────────────────────────────────────────┘
//! ```
//!
//! [`decide`](decide::decide) is pure and total; the other two are dumb. A process that dies between any two lines loses
//! nothing but time: the next turn begins from the row and the engine again.

pub mod decide;
mod decision;
pub(crate) mod drift;
pub(crate) mod execute;
mod idle;
mod live;
mod observation;
pub(crate) mod observe;
pub(crate) mod origin;
mod replace;
pub(crate) mod sleep;
pub(crate) mod spec;
