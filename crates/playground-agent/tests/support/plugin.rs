//! Plugins as people pack them: zip archives, made in memory.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const MIMIC: &str = include_str!("mimic.py");
const APP: &str = "plugin/gradio_interface.py";

/// An archive in the making.
#[derive(Debug, Clone)]
pub(crate) struct Plugin {
    code: String,
    version: String,
    files: Vec<File>,
    backslashes: bool,
}

#[derive(Debug, Clone)]
struct File {
    path: String,
    bytes: Vec<u8>,
    mode: u32,
}

impl Plugin {
    /// A plugin whose app is this Python code.
    pub(crate) fn new(code: &str, app: &str) -> Self {
        let plugin = Self {
            code: code.to_owned(),
            version: "1.0.0".to_owned(),
            files: Vec::new(),
            backslashes: false,
        };
        plugin.with("plugin/__init__.py", "").with(APP, app)
    }

    /// A plugin that does what a test asks for (`mimic.py`) and starts in a moment.
    pub(crate) fn mimic(code: &str) -> Self {
        Self::new(code, MIMIC)
    }

    /// One of the repository's examples.
    pub(crate) fn example(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../examples")
            .join(name);
        let mut plugin = Self {
            code: name.to_owned(),
            version: "1.0.0".to_owned(),
            files: Vec::new(),
            backslashes: false,
        };
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("an example").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name: PathBuf = path.strip_prefix(&root).expect("inside").into();
                let name = name.to_str().expect("a plain name");
                plugin = plugin.with(name, std::fs::read(&path).expect("readable"));
            }
        }
        plugin
    }

    pub(crate) fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Adds a file, in place of one that is there.
    pub(crate) fn with(self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.with_mode(path, bytes, 0o644)
    }

    pub(crate) fn with_mode(mut self, path: &str, bytes: impl Into<Vec<u8>>, mode: u32) -> Self {
        self.files.retain(|file| file.path != path);
        self.files.push(File {
            path: path.to_owned(),
            bytes: bytes.into(),
            mode,
        });
        self
    }

    /// Takes a file out.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.files.retain(|file| file.path != path);
        self
    }

    /// Everything in a folder of the archive.
    pub(crate) fn wrapped(mut self, folder: &str) -> Self {
        self = self.with_config();
        for file in &mut self.files {
            file.path = format!("{folder}/{}", file.path);
        }
        self
    }

    /// Separated as .NET's archiver on Windows does, against the format's own rule.
    pub(crate) fn with_backslashes(mut self) -> Self {
        self.backslashes = true;
        self
    }

    /// `code@version`.
    pub(crate) fn release(&self) -> String {
        format!("{}@{}", self.code, self.version)
    }

    /// The archive.
    pub(crate) fn zip(&self) -> Vec<u8> {
        let plugin = self.clone().with_config();
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for file in &plugin.files {
            let name = if plugin.backslashes {
                file.path.replace('/', "\\")
            } else {
                file.path.clone()
            };
            zip.start_file(name, options.unix_permissions(file.mode))
                .expect("a name");
            zip.write_all(&file.bytes).expect("in memory");
        }
        let mut bytes = zip.finish().expect("in memory").into_inner();
        for file in plugin.files.iter().filter(|file| file.mode > 0o777) {
            set_mode(&mut bytes, &file.path, file.mode);
        }
        bytes
    }

    fn with_config(self) -> Self {
        if self
            .files
            .iter()
            .any(|file| file.path.ends_with("config.yaml"))
        {
            return self;
        }
        let config = format!(
            "code: {}\nname: Test\nversion: \"{}\"\ncategory: custom\nactions:\n  gradio:\n    entrypoint: plugin.gradio_interface.app\n",
            self.code, self.version
        );
        self.with("config.yaml", config)
    }
}

/// The zip crate keeps permission bits only, so setuid is written over its work, in the central directory.
fn set_mode(zip: &mut [u8], path: &str, mode: u32) {
    const CENTRAL: &[u8] = b"PK\x01\x02";
    const NAME: usize = 46;
    let entry = (0..zip.len())
        .find(|&at| zip[at..].starts_with(CENTRAL) && zip[at + NAME..].starts_with(path.as_bytes()))
        .expect("the entry is in the directory");
    let attributes = (0o100_000 | mode) << 16;
    zip[entry + 38..entry + 42].copy_from_slice(&attributes.to_le_bytes());
}
