//! Archives made in memory: honest ones with the crates people use, hostile ones byte by byte.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use playground_plugin::{
    ArchiveLimits, CheckedPlugin, PluginError, Requested, RequirementPolicy, check,
};

pub(crate) const CONFIG: &str = "name: Test\ncode: test-plugin\nversion: 1.2.3\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n";
pub(crate) const APP: &str = "import gradio as gr\napp = gr.Blocks()\n";

/// The files of the smallest plugin.
pub(crate) fn plugin() -> Vec<(&'static str, &'static str)> {
    vec![
        ("config.yaml", CONFIG),
        ("plugin/gradio_interface.py", APP),
        ("requirements.txt", "gradio\n"),
    ]
}

pub(crate) fn check_bytes(bytes: &[u8]) -> Result<CheckedPlugin, PluginError> {
    check_with(bytes, &Requested::default(), RequirementPolicy::Permissive)
}

pub(crate) fn check_with(
    bytes: &[u8],
    requested: &Requested,
    policy: RequirementPolicy,
) -> Result<CheckedPlugin, PluginError> {
    check(
        Cursor::new(bytes),
        requested,
        &ArchiveLimits::default(),
        policy,
        &std::env::temp_dir(),
    )
}

/// The code of the error; panics on a plugin that was accepted.
pub(crate) fn refused(bytes: &[u8]) -> PluginError {
    match check_bytes(bytes) {
        Err(error) => {
            assert!(!error.is_ours(), "{error:?}");
            error
        }
        Ok(plugin) => panic!("accepted: {:?}", plugin.facts),
    }
}

pub(crate) fn paths(plugin: &CheckedPlugin) -> Vec<String> {
    source(plugin).into_iter().map(|file| file.path).collect()
}

pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) content: Vec<u8>,
}

/// The canonical source, read back; every header is checked on the way.
pub(crate) fn source(plugin: &CheckedPlugin) -> Vec<SourceFile> {
    let mut bytes = Vec::new();
    plugin.write_source(&mut bytes).unwrap();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let read = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.entry_type(), tar::EntryType::Regular);
        assert_eq!(
            (
                header.uid().unwrap(),
                header.gid().unwrap(),
                header.mtime().unwrap()
            ),
            (0, 0, 0)
        );
        let (path, mode) = (
            entry.path().unwrap().to_str().unwrap().to_owned(),
            header.mode().unwrap(),
        );
        let mut content = Vec::new();
        std::io::copy(&mut entry, &mut content).unwrap();
        SourceFile {
            path,
            mode,
            content,
        }
    };
    archive.entries().unwrap().map(read).collect()
}

/// A zip by the zip crate.
pub(crate) fn zip_of<N: AsRef<str>, C: AsRef<[u8]>>(files: &[(N, C)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in files {
        zip.start_file(name.as_ref(), options).unwrap();
        zip.write_all(content.as_ref()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A tar by the tar crate.
pub(crate) fn tar_of<N: AsRef<str>, C: AsRef<[u8]>>(files: &[(N, C)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar_header(tar::EntryType::Regular, content.as_ref().len() as u64);
        tar.append_data(&mut header, name.as_ref(), content.as_ref())
            .unwrap();
    }
    tar.into_inner().unwrap()
}

pub(crate) fn tar_header(kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(1_700_000_000);
    header
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
    deflate.write_all(bytes).unwrap();
    deflate.finish().unwrap()
}

/// One entry of a zip of which every field may lie.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) name: Vec<u8>,
    pub(crate) data: Vec<u8>,
    pub(crate) method: u16,
    pub(crate) flags: u16,
    pub(crate) mode: u32,
    pub(crate) extra: Vec<u8>,
    pub(crate) size: u32,
    pub(crate) crc: u32,
    /// Points the directory at another entry's local header.
    pub(crate) header_of: Option<usize>,
}

impl Raw {
    pub(crate) fn stored(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        let content = content.as_ref();
        let mut crc = flate2::Crc::new();
        crc.update(content);
        Self {
            name: name.as_ref().to_vec(),
            data: content.to_vec(),
            method: 0,
            flags: 0,
            mode: 0o100_644,
            extra: Vec::new(),
            size: content.len() as u32,
            crc: crc.sum(),
            header_of: None,
        }
    }

    pub(crate) fn deflated(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        Self {
            method: 8,
            data: deflate(content.as_ref()),
            ..Self::stored(name, content)
        }
    }
}

/// The smallest plugin, for hostile entries to stand beside.
pub(crate) fn raw_plugin() -> Vec<Raw> {
    plugin()
        .into_iter()
        .map(|(name, content)| Raw::stored(name, content))
        .collect()
}

pub(crate) fn raw_zip(entries: &[Raw]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut headers = Vec::new();
    for raw in entries {
        headers.push(out.len() as u32);
        out.extend_from_slice(b"PK\x03\x04");
        common(&mut out, raw);
        out.extend_from_slice(&(raw.name.len() as u16).to_le_bytes());
        out.extend_from_slice(&0u16.to_le_bytes());
        out.extend_from_slice(&raw.name);
        out.extend_from_slice(&raw.data);
    }
    let directory_at = out.len() as u32;
    for (raw, header) in entries.iter().zip(&headers) {
        out.extend_from_slice(b"PK\x01\x02\x14\x03");
        common(&mut out, raw);
        out.extend_from_slice(&(raw.name.len() as u16).to_le_bytes());
        out.extend_from_slice(&(raw.extra.len() as u16).to_le_bytes());
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&(raw.mode << 16).to_le_bytes());
        let header = raw.header_of.map_or(*header, |other| headers[other]);
        out.extend_from_slice(&header.to_le_bytes());
        out.extend_from_slice(&raw.name);
        out.extend_from_slice(&raw.extra);
    }
    let directory_len = out.len() as u32 - directory_at;
    out.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    for _ in 0..2 {
        out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
    }
    out.extend_from_slice(&directory_len.to_le_bytes());
    out.extend_from_slice(&directory_at.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out
}

/// The fields both kinds of header have, from "version needed" to the sizes.
fn common(out: &mut Vec<u8>, raw: &Raw) {
    for field in [20, raw.flags, raw.method, 0, 0x21] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    for field in [raw.crc, raw.data.len() as u32, raw.size] {
        out.extend_from_slice(&field.to_le_bytes());
    }
}

/// The smallest plugin and one more entry.
pub(crate) fn zip_with(raw: Raw) -> Vec<u8> {
    let mut entries = raw_plugin();
    entries.push(raw);
    raw_zip(&entries)
}
