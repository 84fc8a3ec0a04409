//! What runs inside the test containers: one static program, since there is no registry to take an image from.
//!
//! `DO` says what it does as a container's main process; its arguments say what it does as a build step. Called `cat`,
//! it is that.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        [me, .., _] if me.ends_with("cat") => cat(&args[1..]),
        [_, "say", text] => println!("{text}"),
        [_, "sleep", seconds, _] => sleep(seconds.parse().expect("seconds")),
        [_, "append", path] => append(path),
        [_, "fail"] => {
            eprintln!("no matching distribution");
            std::process::exit(1);
        }
        _ => run(&std::env::var("DO").unwrap_or_default()),
    }
}

fn run(what: &str) {
    println!("doing {what}");
    eprintln!("complaining");
    match what {
        "exit" => std::process::exit(3),
        "loopback" => serve("127.0.0.1:7860"),
        "dial" => dial(),
        "hoard" => hoard(),
        "report" => report(),
        _ => {}
    }
    serve("0.0.0.0:7860");
}

fn serve(address: &str) {
    for connection in TcpListener::bind(address).expect("the port is free").incoming() {
        let Ok(mut connection) = connection else { continue };
        drop(connection.read(&mut [0; 1024]));
        drop(connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"));
    }
}

fn dial() {
    let target = std::env::var("TARGET").expect("TARGET").parse().expect("an address");
    match TcpStream::connect_timeout(&target, Duration::from_secs(2)) {
        Ok(_) => println!("reached"),
        Err(error) => println!("blocked: {error}"),
    }
}

/// Takes memory until there is none left.
fn hoard() {
    let mut kept = Vec::new();
    loop {
        kept.push(vec![1_u8; 16 << 20]);
        std::hint::black_box(&kept);
    }
}

/// What the cage looks like from inside.
fn report() {
    let status = std::fs::read_to_string("/proc/self/status").expect("proc");
    let wanted = ["Uid:", "Gid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"];
    for line in status.lines().filter(|line| wanted.iter().any(|key| line.starts_with(key))) {
        println!("{}", line.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    let init = std::fs::read_to_string("/proc/1/comm").unwrap_or_default();
    println!("init {}", init.trim());
    for path in ["/x", "/tmp/x", "/app/flagged/x", "/home/plugin/x", "/dev/shm/x"] {
        let outcome = std::fs::write(path, "x").map_or("refused", |()| "written");
        println!("{path} {outcome}");
    }
    println!("reported");
}

fn cat(paths: &[&str]) {
    for path in paths {
        print!("{}", std::fs::read_to_string(path).unwrap_or_default());
    }
}

fn append(path: &str) {
    let mut text = std::fs::read_to_string(path).unwrap_or_default();
    text.push('x');
    std::fs::write(path, &text).expect("can write");
    println!("{path} holds {text}");
}

fn sleep(seconds: u64) {
    println!("sleeping");
    std::thread::sleep(Duration::from_secs(seconds));
}
