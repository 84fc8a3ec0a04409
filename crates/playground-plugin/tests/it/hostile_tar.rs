//! Tars that were made to hurt.

use tar::EntryType;

use crate::pack::*;

fn tar_with(kind: EntryType, name: &str, link: Option<&str>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in plugin() {
        tar.append_data(
            &mut tar_header(EntryType::Regular, content.len() as u64),
            name,
            content.as_bytes(),
        )
        .unwrap();
    }
    let mut header = tar_header(kind, 0);
    // The builder refuses such names; a hostile packer writes the bytes.
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    if let Some(link) = link {
        header.as_gnu_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
    }
    header.set_cksum();
    tar.append(&header, std::io::empty()).unwrap();
    tar.into_inner().unwrap()
}

#[test]
fn item_01_and_02_names_that_lead_outside_are_refused() {
    for name in ["../evil", "/etc/x", "a/../../b", "\\x", "C:\\x"] {
        let tar = tar_with(EntryType::Regular, name, None);
        assert_eq!(refused(&tar).code(), "archive_path_traversal", "{name}");
        assert_eq!(
            refused(&gzip(&tar)).code(),
            "archive_path_traversal",
            "{name}"
        );
    }
}

#[test]
fn item_03_only_files_and_folders_are_accepted() {
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Char,
        EntryType::Block,
        EntryType::Fifo,
        EntryType::GNUSparse,
        EntryType::new(b'Z'),
    ] {
        let tar = tar_with(kind, "special", Some("/etc/shadow"));
        assert_eq!(refused(&tar).code(), "archive_special_file", "{kind:?}");
    }
    check_bytes(&tar_with(EntryType::Directory, "folder/", None)).unwrap();
}

#[test]
fn item_05_a_gzipped_bomb_is_stopped_while_it_inflates() {
    let mut files: Vec<(&str, Vec<u8>)> = plugin()
        .into_iter()
        .map(|(name, text)| (name, text.into()))
        .collect();
    files.push(("zeros", vec![0; 16 * 1024 * 1024]));
    let error = refused(&gzip(&tar_of(&files)));
    assert_eq!(
        (error.code(), error.is_too_large()),
        ("archive_too_large", true)
    );
}

#[test]
fn item_05_what_follows_the_last_entry_is_counted_too() {
    let mut tar = tar_of(&plugin());
    tar.resize(tar.len() + 16 * 1024 * 1024, 0);
    assert_eq!(refused(&gzip(&tar)).code(), "archive_too_large");
}

#[test]
fn item_05_a_long_name_is_not_read_into_memory() {
    let mut tar = tar::Builder::new(Vec::new());
    let size = 4 * 1024 * 1024;
    let name = vec![b'a'; size];
    tar.append(
        &cksummed(EntryType::GNULongName, size as u64),
        name.as_slice(),
    )
    .unwrap();
    let archive = tar.into_inner().unwrap();
    assert_eq!(refused(&archive).code(), "archive_unreadable");
}

fn cksummed(kind: EntryType, size: u64) -> tar::Header {
    let mut header = tar_header(kind, size);
    header.set_cksum();
    header
}

#[test]
fn item_09_a_path_is_there_only_once() {
    for name in ["config.yaml", "./config.yaml"] {
        assert_eq!(
            refused(&tar_with(EntryType::Regular, name, None)).code(),
            "archive_duplicate",
            "{name}"
        );
    }
}

#[test]
fn item_12_what_is_cut_or_damaged_is_refused() {
    let tar = tar_of(&plugin());
    assert_eq!(refused(&tar[..700]).code(), "archive_truncated");
    let gz = gzip(&tar);
    assert_eq!(refused(&gz[..gz.len() - 12]).code(), "archive_truncated");
    let mut damaged = tar.clone();
    damaged[0] ^= 1;
    assert_eq!(refused(&damaged).code(), "archive_unreadable");
    assert_eq!(refused(&gzip(b"no tar at all")).code(), "archive_type");
}

#[test]
fn records_of_an_extension_header_are_understood() {
    let long = format!("{}/파일.txt", "deep".repeat(40));
    let mut records = record("path", &long);
    // Extended attributes of macOS are binary and hold line breaks.
    records.extend(record("SCHILY.xattr.x", "a\nb\n\nc"));
    let mut tar = tar::Builder::new(Vec::new());
    tar.append(
        &cksummed(EntryType::XHeader, records.len() as u64),
        records.as_slice(),
    )
    .unwrap();
    tar.append(&cksummed(EntryType::Regular, 1), &b"x"[..])
        .unwrap();
    for (name, content) in plugin() {
        tar.append_data(
            &mut tar_header(EntryType::Regular, content.len() as u64),
            name,
            content.as_bytes(),
        )
        .unwrap();
    }
    let checked = check_bytes(&tar.into_inner().unwrap()).unwrap();
    assert!(paths(&checked).contains(&long), "{:?}", paths(&checked));
}

/// A record's length counts its own digits.
fn record(key: &str, value: &str) -> Vec<u8> {
    let with = |len: usize| format!("{len} {key}={value}\n");
    let len = (1..).find(|len| with(*len).len() == *len).unwrap();
    with(len).into_bytes()
}
