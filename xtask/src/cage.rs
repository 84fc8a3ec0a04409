//! `cargo xtask cage`: what confines a plugin container, read from Docker and from inside it.

/// Runs the test that reads the cage and shows its table.
pub(crate) fn run() -> anyhow::Result<()> {
    crate::docker::ensure()?;
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
    crate::command::run(&mut crate::command::command(env!("CARGO"), &arguments))
}
