//! The build context: a tar made from the canonical source and a recipe, byte for byte the same each time.

use std::collections::HashSet;
use std::io::{self, Read, Write};

use tar::{Archive, Builder, EntryType, Header};

use super::{APP_FOLDER, BUILD_FOLDER, DOCKERFILE_PATH, GeneratedFile, Recipe};
use crate::checked::canonical_header;

/// Writes the build context. `source` is what [`crate::CheckedPlugin::write_source`] wrote.
///
/// # Errors
///
/// What `source` and `out` report, and `InvalidData` for a source that is not canonical.
pub fn write_context(source: impl Read, recipe: &Recipe, out: impl Write) -> io::Result<()> {
    let mut context = Context {
        tar: Builder::new(out),
        folders: HashSet::new(),
    };
    context.generated(&GeneratedFile::new(
        DOCKERFILE_PATH,
        recipe.dockerfile.as_bytes(),
    ))?;
    for file in &recipe.files {
        context.generated(file)?;
    }
    if !recipe.has_code {
        return context.tar.into_inner()?.flush();
    }
    let mut archive = Archive::new(source);
    for entry in archive.entries()? {
        let entry = entry?;
        let path = canonical_path(&entry)?;
        let executable = entry.header().mode()? & 0o111 != 0;
        let size = entry.size();
        context.file(&format!("{APP_FOLDER}{path}"), size, executable, entry)?;
        if is_installed_from(&path, &recipe.installs_from) {
            context.link(
                &format!("{BUILD_FOLDER}{path}"),
                &format!("{APP_FOLDER}{path}"),
            )?;
        }
    }
    context.tar.into_inner()?.flush()
}

fn canonical_path(entry: &tar::Entry<'_, impl Read>) -> io::Result<String> {
    let path = String::from_utf8(entry.path_bytes().into_owned()).map_err(io::Error::other)?;
    let relative =
        !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if relative && entry.header().entry_type() == EntryType::Regular {
        Ok(path)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{path:?} does not belong into a canonical source"),
        ))
    }
}

fn is_installed_from(path: &str, installs_from: &[String]) -> bool {
    installs_from.iter().any(|from| {
        path.strip_prefix(from.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

struct Context<W: Write> {
    tar: Builder<W>,
    folders: HashSet<String>,
}

impl<W: Write> Context<W> {
    fn generated(&mut self, file: &GeneratedFile) -> io::Result<()> {
        self.file(
            &file.path,
            file.bytes.len() as u64,
            file.executable,
            file.bytes.as_slice(),
        )
    }

    fn file(
        &mut self,
        path: &str,
        size: u64,
        executable: bool,
        content: impl Read,
    ) -> io::Result<()> {
        self.folders_of(path)?;
        self.tar
            .append_data(&mut canonical_header(size, executable), path, content)
    }

    /// A second name of a file that is in the context already: its content is not read, or sent, twice.
    fn link(&mut self, path: &str, target: &str) -> io::Result<()> {
        self.folders_of(path)?;
        let mut header = canonical_header(0, false);
        header.set_entry_type(EntryType::Link);
        self.tar.append_link(&mut header, path, target)
    }

    /// Folders are written out, or their modes would be the engine's umask.
    fn folders_of(&mut self, path: &str) -> io::Result<()> {
        for (at, _) in path.match_indices('/') {
            let folder = &path[..=at];
            if self.folders.insert(folder.to_owned()) {
                let mut header: Header = canonical_header(0, true);
                header.set_entry_type(EntryType::Directory);
                self.tar.append_data(&mut header, folder, io::empty())?;
            }
        }
        Ok(())
    }
}
