//! Archives with a mistake.

use std::fs::{self, File};
use std::io::{Cursor, Write as _};
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::Broken;
use super::folders::{APP, MANIFEST};

/// An archive of the smallest plugin and what is added.
fn zipped(add: impl FnOnce(&mut ZipWriter<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    file(&mut zip, "config.yaml", MANIFEST);
    file(&mut zip, "plugin/gradio_interface.py", APP);
    add(&mut zip);
    zip.finish().unwrap().into_inner()
}

fn file(zip: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, content: &str) {
    zip.start_file(name, SimpleFileOptions::default()).unwrap();
    zip.write_all(content.as_bytes()).unwrap();
}

/// Writers refuse what readers must: the bytes are changed afterwards. Both texts have the same length.
fn patched(mut archive: Vec<u8>, that: &[u8], this: &[u8]) -> Vec<u8> {
    let found: Vec<_> = (0..archive.len())
        .filter(|at| archive[*at..].starts_with(that))
        .collect();
    assert!(!found.is_empty());
    for at in found {
        archive[at..at + that.len()].copy_from_slice(this);
    }
    archive
}

/// Marks every entry as encrypted, in both of its headers.
fn encrypted(mut archive: Vec<u8>) -> Vec<u8> {
    for at in 0..archive.len() {
        let flags = match &archive[at..] {
            [b'P', b'K', 3, 4, ..] => at + 6,
            [b'P', b'K', 1, 2, ..] => at + 8,
            _ => continue,
        };
        archive[flags] |= 1;
    }
    archive
}

fn broken(name: &'static str, make: fn(&Path)) -> Broken {
    Broken {
        name,
        make,
        options: &[],
    }
}

pub(crate) fn all() -> Vec<Broken> {
    vec![
        broken("path-out.zip", |at| {
            let archive = zipped(|zip| file(zip, "xx/evil.txt", ""));
            fs::write(at, patched(archive, b"xx/evil.txt", b"../evil.txt")).unwrap();
        }),
        broken("path-twice.zip", |at| {
            let archive = zipped(|zip| file(zip, "config.yamx", MANIFEST));
            fs::write(at, patched(archive, b"config.yamx", b"config.yaml")).unwrap();
        }),
        broken("link.zip", |at| {
            let archive = zipped(|zip| {
                zip.add_symlink(
                    "weights.bin",
                    "/mnt/weights.bin",
                    SimpleFileOptions::default(),
                )
                .unwrap();
            });
            fs::write(at, archive).unwrap();
        }),
        broken("encrypted.zip", |at| {
            fs::write(at, encrypted(zipped(|_| {}))).unwrap()
        }),
        broken("deep.zip", |at| {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            file(&mut zip, "README.md", "");
            file(&mut zip, "my-plugin/config.yaml", MANIFEST);
            file(&mut zip, "my-plugin/plugin/gradio_interface.py", APP);
            fs::write(at, zip.finish().unwrap().into_inner()).unwrap();
        }),
        broken("cut-short.zip", |at| {
            let archive = zipped(|_| {});
            fs::write(at, &archive[..archive.len() - 30]).unwrap();
        }),
        broken("renamed.zip", |at| {
            fs::write(at, "Rar!\x1a\x07\x01\0").unwrap()
        }),
        broken("too-large.zip", |at| {
            // A hole: it takes no room.
            let size = playground_plugin::ArchiveLimits::default().upload_bytes + 1;
            File::create(at).unwrap().set_len(size).unwrap();
        }),
    ]
}
