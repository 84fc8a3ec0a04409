//! In a process of its own, because it measures the process: memory must not grow with what an archive inflates to.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use playground_plugin::{ArchiveLimits, Requested, RequirementPolicy, check};

const SIZE: usize = 100 * 1024 * 1024;
const MOST_GROWTH: u64 = 50 * 1024 * 1024;

/// docs/security.md, item 5: 100 MiB of zeros, with a header that says 10 bytes, and with limits that let them through.
#[test]
fn item_05_memory_does_not_grow_with_contents() {
    let bomb = zip_of_zeros();
    let before = peak();
    let default = ArchiveLimits::default();
    let lenient = ArchiveLimits {
        ratio: 10_000,
        ..ArchiveLimits::default()
    };
    for (limits, want) in [
        (default, "archive_too_large"),
        (lenient, "archive_unreadable"),
    ] {
        let upload = Cursor::new(&bomb);
        let outcome = check(
            upload,
            &Requested::default(),
            &limits,
            RequirementPolicy::Permissive,
            &std::env::temp_dir(),
        );
        assert_eq!(outcome.map(drop).unwrap_err().code(), want);
    }
    let growth = peak() - before;
    assert!(growth < MOST_GROWTH, "memory grew by {growth} bytes");
}

fn zip_of_zeros() -> Vec<u8> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    let block = vec![0; 1024 * 1024];
    for _ in 0..SIZE / block.len() {
        deflate.write_all(&block).unwrap();
    }
    let data = deflate.finish().unwrap();
    let mut header = Vec::new();
    // Version, flags, method, time, date, checksum, compressed size, claimed size, name, extra.
    header.extend_from_slice(&[20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0, 0, 0, 0, 0]);
    header.extend_from_slice(&(data.len() as u32).to_le_bytes());
    header.extend_from_slice(&[10, 0, 0, 0, 5, 0, 0, 0]);
    let mut zip = [b"PK\x03\x04", header.as_slice(), b"zeros", &data].concat();
    let directory_at = zip.len() as u32;
    zip.extend_from_slice(&[b"PK\x01\x02\x14\x03", header.as_slice(), &[0; 14], b"zeros"].concat());
    let directory_len = zip.len() as u32 - directory_at;
    zip.extend_from_slice(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend_from_slice(&directory_len.to_le_bytes());
    zip.extend_from_slice(&directory_at.to_le_bytes());
    zip.extend_from_slice(&[0, 0]);
    zip
}

/// The most memory this process ever had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}
