//! nginx and HAProxy, set up for the same work: one thread, connections to the app kept, nothing logged.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::bail;

use super::super::side::Ended;
use crate::command::command;

type Start = fn(u16, &Path) -> anyhow::Result<(Ended, u16)>;

/// Each by its name.
pub(super) const ALL: [(&str, Start); 2] = [("nginx", nginx), ("HAProxy", haproxy)];

const PATIENCE: Duration = Duration::from_secs(5);

fn nginx(app: u16, folder: &Path) -> anyhow::Result<(Ended, u16)> {
    let port = free_port()?;
    let file = folder.join("nginx.conf");
    let at = folder.display();
    std::fs::write(
        &file,
        format!(
            "daemon off; master_process off; pid {at}/nginx.pid; error_log stderr error;\n\
             events {{ worker_connections 4096; }}\n\
             http {{ access_log off; client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f;\n\
             uwsgi_temp_path {at}/u; scgi_temp_path {at}/s; proxy_max_temp_file_size 0; keepalive_requests 1000000000;\n\
             upstream app {{ server 127.0.0.1:{app}; keepalive 512; keepalive_requests 1000000000; }}\n\
             server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://app; proxy_http_version 1.1;\n\
             proxy_set_header Connection ''; proxy_set_header Host $http_host;\n\
             proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto $scheme; }} }} }}\n"
        ),
    )?;
    start(
        "nginx",
        &["-p", &at.to_string(), "-c", &file.display().to_string()],
        port,
    )
}

fn haproxy(app: u16, folder: &Path) -> anyhow::Result<(Ended, u16)> {
    let port = free_port()?;
    let file = folder.join("haproxy.cfg");
    std::fs::write(
        &file,
        format!(
            "global\n nbthread 1\n maxconn 4096\n\
             defaults\n mode http\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n http-reuse always\n\
             frontend f\n bind 127.0.0.1:{port}\n option forwardfor\n http-request set-header X-Forwarded-Proto http\n\
             default_backend b\nbackend b\n server app 127.0.0.1:{app}\n"
        ),
    )?;
    start(
        "haproxy",
        &["-db", "-q", "-f", &file.display().to_string()],
        port,
    )
}

/// Both live where only root's path leads.
fn start(program: &str, arguments: &[&str], port: u16) -> anyhow::Result<(Ended, u16)> {
    let path = std::env::var("PATH").unwrap_or_default();
    let child = command("env", &[program])
        .args(arguments)
        .env("PATH", format!("{path}:/usr/sbin"))
        .stdout(Stdio::null())
        .spawn()?;
    let child = Ended(child);
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if begun.elapsed() > PATIENCE {
            bail!("nothing listens on port {port} after {PATIENCE:?}");
        }
        std::thread::yield_now();
    }
    Ok((child, port))
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
