//! However the same files are packed, the same plugin comes out, byte for byte.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use crate::pack::*;

/// How a person may pack.
#[derive(Debug, Clone)]
struct Packing {
    wrapper: Option<&'static str>,
    stored: bool,
    year: u16,
    rotate: usize,
    format: u8,
}

fn packing() -> impl Strategy<Value = Packing> {
    (
        prop::option::of(prop::sample::select(vec![
            "mine",
            "플러그인",
            "my plugin-1.0",
        ])),
        any::<bool>(),
        1990..2030u16,
        0..20usize,
        0..3u8,
    )
        .prop_map(|(wrapper, stored, year, rotate, format)| Packing {
            wrapper,
            stored,
            year,
            rotate,
            format,
        })
}

fn pack(files: &[(String, Vec<u8>)], packing: &Packing) -> Vec<u8> {
    let mut files: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(name, content)| {
            (
                packing
                    .wrapper
                    .map_or(name.clone(), |wrapper| format!("{wrapper}/{name}")),
                content.clone(),
            )
        })
        .collect();
    let rotate = packing.rotate % files.len();
    files.rotate_left(rotate);
    match packing.format {
        0 => zipped(&files, packing),
        1 => tar_of(&files),
        _ => gzip(&tar_of(&files)),
    }
}

fn zipped(files: &[(String, Vec<u8>)], packing: &Packing) -> Vec<u8> {
    let method = if packing.stored {
        zip::CompressionMethod::Stored
    } else {
        zip::CompressionMethod::Deflated
    };
    let time = zip::DateTime::from_date_and_time(packing.year, 2, 3, 4, 5, 6).unwrap();
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(time)
        .unix_permissions(0o644);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn transcoded(archive: &[u8]) -> (String, Vec<u8>) {
    let plugin = check_bytes(archive).unwrap();
    let mut source = Vec::new();
    plugin.write_source(&mut source).unwrap();
    (plugin.facts.content.to_string(), source)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn packing_changes_nothing(
        contents in prop::collection::btree_map("[a-z]{1,8}(/[a-z가-힣]{1,30}){0,3}", prop::collection::vec(any::<u8>(), 0..2000), 0..12),
        one in packing(),
        two in packing(),
    ) {
        let mut files: Vec<(String, Vec<u8>)> = plugin().into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        // Under folders of their own, so that none is a file and a folder at once.
        files.extend(contents.into_iter().enumerate().map(|(n, (name, content))| (format!("data/{n}/{name}"), content)));
        prop_assert_eq!(transcoded(&pack(&files, &one)), transcoded(&pack(&files, &two)));
    }

    #[test]
    fn every_change_of_a_file_changes_the_digest(content in "[a-z]{1,20}", other in "[a-z]{1,20}") {
        prop_assume!(content != other);
        let digest = |text: &str| transcoded(&zip_with(Raw::stored("data.txt", text))).0;
        prop_assert_ne!(digest(&content), digest(&other));
        let moved = transcoded(&zip_with(Raw::stored("other.txt", &content))).0;
        prop_assert_ne!(digest(&content), moved);
    }
}
