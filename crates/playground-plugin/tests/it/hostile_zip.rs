//! Zips that were made to hurt.

use playground_plugin::{ArchiveLimits, Requested, RequirementPolicy, check};

use crate::pack::*;

#[test]
fn item_01_and_02_names_that_lead_outside_are_refused() {
    for name in [
        "../evil.txt",
        "a/../../evil",
        "/etc/x",
        "\\x",
        "\\\\host\\x",
        "C:\\x",
        "c:/x",
        "a\\..\\..\\b",
        "..",
    ] {
        let error = refused(&zip_with(Raw::stored(name, "x")));
        assert_eq!(error.code(), "archive_path_traversal", "{name}");
        assert!(!error.is_too_large() && error.hint().is_some());
    }
}

#[test]
fn item_01_nothing_is_left_in_the_spool_folder() {
    let spool = tempfile::tempdir().unwrap();
    let archive = zip_with(Raw::stored("../evil.txt", "x"));
    let upload = std::io::Cursor::new(archive);
    let limits = ArchiveLimits::default();
    check(
        upload,
        &Requested::default(),
        &limits,
        RequirementPolicy::Permissive,
        spool.path(),
    )
    .unwrap_err();
    assert_eq!(std::fs::read_dir(spool.path()).unwrap().count(), 0);
    assert!(!spool.path().parent().unwrap().join("evil.txt").exists());
}

#[test]
fn item_03_links_and_devices_are_refused() {
    for (kind, mode) in [
        ("link", 0o120_777),
        ("char", 0o020_666),
        ("block", 0o060_666),
        ("pipe", 0o010_644),
        ("socket", 0o140_755),
    ] {
        let special = Raw {
            mode,
            ..Raw::stored(kind, "/etc/passwd")
        };
        assert_eq!(
            refused(&zip_with(special)).code(),
            "archive_special_file",
            "{kind}"
        );
    }
}

#[test]
fn item_03_a_file_below_a_link_does_not_hide_the_link() {
    let mut entries = raw_plugin();
    entries.push(Raw {
        mode: 0o120_777,
        ..Raw::stored("out", "/tmp")
    });
    entries.push(Raw::stored("out/evil", "x"));
    assert_eq!(refused(&raw_zip(&entries)).code(), "archive_special_file");
}

#[test]
fn item_04_dangerous_modes_become_plain_ones() {
    let mut entries = raw_plugin();
    entries.push(Raw {
        mode: 0o104_755,
        ..Raw::stored("setuid", "x")
    });
    entries.push(Raw {
        mode: 0o102_666,
        ..Raw::stored("setgid", "x")
    });
    entries.push(Raw {
        mode: 0o100_777,
        ..Raw::stored("open", "x")
    });
    let plugin = check_bytes(&raw_zip(&entries)).unwrap();
    let modes: Vec<(String, u32)> = source(&plugin)
        .into_iter()
        .map(|file| (file.path, file.mode))
        .collect();
    for (path, mode) in [
        ("setuid", 0o755),
        ("setgid", 0o644),
        ("open", 0o755),
        ("config.yaml", 0o644),
    ] {
        assert!(
            modes.contains(&(path.to_owned(), mode)),
            "{path} in {modes:?}"
        );
    }
}

#[test]
fn item_05_a_bomb_is_stopped_while_it_inflates() {
    let zeros = vec![0; 8 * 1024 * 1024];
    let bomb = Raw::deflated("zeros", &zeros);
    let error = refused(&zip_with(bomb.clone()));
    assert_eq!(
        (error.code(), error.is_too_large()),
        ("archive_too_large", true)
    );
    // A header that lies about the size changes nothing.
    let liar = Raw { size: 10, ..bomb };
    assert_eq!(refused(&zip_with(liar)).code(), "archive_too_large");
}

#[test]
fn item_05_all_files_together_are_limited() {
    let limits = ArchiveLimits {
        total_bytes: 1000,
        ..ArchiveLimits::default()
    };
    let archive = zip_with(Raw::stored("big", [7; 900]));
    let upload = std::io::Cursor::new(archive);
    let error = check(
        upload,
        &Requested::default(),
        &limits,
        RequirementPolicy::Permissive,
        &std::env::temp_dir(),
    )
    .unwrap_err();
    assert_eq!(error.code(), "archive_too_large");
}

#[test]
fn item_05_a_small_file_may_be_all_zeros() {
    check_bytes(&zip_with(Raw::deflated("zeros", vec![0; 1024 * 1024]))).unwrap();
}

#[test]
fn item_06_too_many_entries_are_refused() {
    let entries: Vec<Raw> = (0..65_000)
        .map(|n| Raw::stored(format!("f{n}"), ""))
        .collect();
    let archive = raw_zip(&entries);
    let error = refused(&archive);
    assert_eq!(
        (error.code(), error.is_too_large()),
        ("archive_too_many_entries", true)
    );
}

#[test]
fn item_06_a_directory_that_counts_wrong_is_refused() {
    let mut archive = zip_with(Raw::stored("more", "x"));
    let counts = archive.len() - 14;
    archive[counts] = 2;
    archive[counts + 2] = 2;
    assert_eq!(refused(&archive).code(), "archive_unreadable");
}

#[test]
fn item_07_entries_that_share_bytes_are_refused() {
    let mut entries = raw_plugin();
    entries.push(Raw::stored("kernel", [1; 100]));
    let shared = Raw {
        header_of: Some(3),
        ..Raw::stored("twin", [1; 100])
    };
    entries.push(shared);
    assert_eq!(refused(&raw_zip(&entries)).code(), "archive_overlap");
}

#[test]
fn item_07_data_that_runs_into_the_directory_is_refused() {
    let mut archive = zip_with(Raw::stored("last", "12345678"));
    let entry = archive
        .windows(4)
        .rposition(|window| window == b"PK\x01\x02")
        .unwrap();
    archive[entry + 20] = 200;
    assert_eq!(refused(&archive).code(), "archive_overlap");
}

#[test]
fn item_07_an_archive_inside_is_only_a_file() {
    let inner = zip_of(&[("../evil", "x")]);
    let plugin = check_bytes(&zip_with(Raw::stored("data/inner.zip", &inner))).unwrap();
    let file = source(&plugin)
        .into_iter()
        .find(|file| file.path == "data/inner.zip")
        .unwrap();
    assert_eq!(file.content, inner);
}

#[test]
fn item_08_encryption_and_exotic_methods_are_refused() {
    for flags in [1, 1 | 1 << 6, 1 << 13] {
        let error = refused(&zip_with(Raw {
            flags,
            ..Raw::stored("secret", "x")
        }));
        assert_eq!(error.code(), "archive_encrypted");
    }
    assert_eq!(
        refused(&zip_with(Raw {
            method: 99,
            ..Raw::stored("aes", "x")
        }))
        .code(),
        "archive_encrypted"
    );
    for (method, name) in [
        (12, "bzip2"),
        (14, "lzma"),
        (93, "zstd"),
        (9, "deflate64"),
        (98, "method 98"),
    ] {
        let error = refused(&zip_with(Raw {
            method,
            ..Raw::stored("exotic", "x")
        }));
        assert_eq!(error.code(), "archive_method");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn item_09_a_path_is_there_only_once() {
    for name in [
        "config.yaml",
        "./config.yaml",
        ".//config.yaml",
        "plugin//gradio_interface.py",
        "config.yaml\0.txt",
    ] {
        let error = refused(&zip_with(Raw::stored(name, "code: other")));
        assert_eq!(error.code(), "archive_duplicate", "{name:?}");
    }
    let mut cut_first = vec![Raw::stored("config.yaml\0.txt", "code: other")];
    cut_first.extend(raw_plugin());
    assert_eq!(refused(&raw_zip(&cut_first)).code(), "archive_duplicate");
    assert_eq!(
        refused(&zip_with(Raw::stored("nul\0byte.py", "x"))).code(),
        "archive_name_invalid"
    );
}

#[test]
fn item_09_a_path_is_no_file_and_folder_at_once() {
    assert_eq!(
        refused(&zip_with(Raw::stored("config.yaml/x", "x"))).code(),
        "archive_conflict"
    );
}

#[test]
fn item_12_what_is_cut_damaged_or_empty_is_refused() {
    let archive = zip_of(&plugin());
    for len in [4, 20, archive.len() / 2, archive.len() - 1] {
        assert_eq!(
            refused(&archive[..len]).code(),
            "archive_truncated",
            "{len}"
        );
    }
    assert_eq!(refused(b"").code(), "archive_empty");
    assert_eq!(refused(&zip_of::<&str, &str>(&[])).code(), "archive_empty");
    for other in [
        &b"random bytes"[..],
        b"Rar!\x1a\x07",
        b"7z\xbc\xaf\x27\x1c",
        b"\x89PNG",
        b"<html>",
    ] {
        assert_eq!(refused(other).code(), "archive_type");
    }
}

#[test]
fn item_12_content_that_does_not_match_its_checksum_is_refused() {
    let wrong = Raw {
        crc: 1,
        ..Raw::stored("file", "content")
    };
    assert_eq!(refused(&zip_with(wrong)).code(), "archive_unreadable");
    let wrong = Raw {
        size: 3,
        ..Raw::stored("file", "content")
    };
    assert_eq!(refused(&zip_with(wrong)).code(), "archive_unreadable");
    let garbage = Raw {
        method: 8,
        ..Raw::stored("file", [0xff; 64])
    };
    assert_eq!(refused(&zip_with(garbage)).code(), "archive_unreadable");
}
