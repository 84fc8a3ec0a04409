//! `cargo xtask cage`: what confines a plugin container, read from Docker and from inside it.

use crate::binary::{self, Profile};
use crate::command::{command, run as run_command};

/// Runs the test that reads the cage and shows its table.
pub(crate) fn run() -> anyhow::Result<()> {
    binary::on_engine(None, Profile::Debug)?;
    let arguments = [
        "test",
        "--locked",
        "--package",
        "playground-agent",
        "--test",
        "docker_cage",
        "--",
        "--nocapture",
    ];
    run_command(&mut command(env!("CARGO"), &arguments))
}
