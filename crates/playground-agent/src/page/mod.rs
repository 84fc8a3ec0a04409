//! The Playground page, as files: made from `web/` by `cargo xtask web`, carried in the binary, and given to everybody. What it
//! shows it asks the API for, as anybody would, and for that it needs a login.

mod answer;
mod files;

pub use files::Page;

pub(crate) use answer::{asset, favicon, index};
