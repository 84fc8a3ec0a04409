//! A plugin's archive, as a client would upload it.

use std::fs::File;
use std::io::{Cursor, Seek, SeekFrom, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The files of a plugin.
#[derive(Debug, Clone)]
pub struct Plugin {
    files: Vec<(String, String)>,
}

impl Plugin {
    /// A plugin with a manifest and one small Gradio app.
    pub fn new(code: &str, version: &str) -> Self {
        let manifest = format!(
            "code: {code}\nversion: {version}\nname: {code}\nactions:\n  gradio:\n    entrypoint: plugin.gradio_app\n"
        );
        Self::empty()
            .with("config.yaml", &manifest)
            .with("plugin/__init__.py", "")
            .with(
                "plugin/gradio_app.py",
                "import gradio as gr\n\ndemo = gr.Interface(lambda text: text, 'text', 'text')\n",
            )
    }

    /// No file yet.
    pub(crate) fn empty() -> Self {
        Self { files: Vec::new() }
    }

    /// With one more file, or with another content of one.
    #[must_use]
    pub fn with(mut self, path: &str, text: &str) -> Self {
        self.files.retain(|(there, _)| there != path);
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// The bytes of the zip.
    pub fn zip(&self) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (path, text) in &self.files {
            zip.start_file(path.as_str(), SimpleFileOptions::default())
                .expect("the archive takes a file");
            zip.write_all(text.as_bytes())
                .expect("the archive takes a content");
        }
        zip.finish().expect("the archive ends").into_inner()
    }

    /// The zip as an uploaded file, at its beginning.
    pub fn upload(&self) -> File {
        let mut file = tempfile::tempfile().expect("there is room for a temporary file");
        file.write_all(&self.zip())
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .expect("a temporary file can be written");
        file
    }
}
