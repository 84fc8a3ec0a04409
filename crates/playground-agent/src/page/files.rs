//! Which files there are. Each may be there as it is and packed, as `x.js`, `x.js.br` and `x.js.gz`: whoever makes the page
//! packs it once, better than we could for every request.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use axum::body::Bytes;
use axum::http::HeaderValue;
use playground_types::Digest;
use rust_embed::Embed;

/// What everything begins with.
pub(crate) const INDEX: &str = "index.html";
/// Instead of it, in a binary that was built without the page.
const MISSING: &str = include_str!("missing.html");

/// What `web/` was made into when this binary was built; nothing where it was not.
#[derive(Embed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// The page's files.
#[derive(Debug)]
pub struct Page {
    files: BTreeMap<String, File>,
}

/// A file as it is sent.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) bytes: Bytes,
    /// Names these bytes and no others.
    pub(crate) etag: HeaderValue,
}

impl File {
    fn new(bytes: Cow<'static, [u8]>) -> Self {
        let etag = format!("\"{}\"", &Digest::of(&bytes).hex()[..32]);
        Self {
            bytes: match bytes {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            },
            etag: HeaderValue::from_str(&etag).expect("hex digits in quotes"),
        }
    }
}

impl Page {
    /// The page that this binary carries, or the words that there is none in it.
    pub fn built_in() -> Self {
        let files = Built::iter().filter_map(|name| {
            let file = Built::get(&name)?;
            Some((name.into_owned(), File::new(file.data)))
        });
        Self::of(files.collect())
    }

    /// The page in a folder, as its build leaves it there.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        read_into(&mut files, folder, "")?;
        Ok(Self::of(files))
    }

    fn of(mut files: BTreeMap<String, File>) -> Self {
        files
            .entry(INDEX.to_owned())
            .or_insert_with(|| File::new(Cow::Borrowed(MISSING.as_bytes())));
        Self { files }
    }

    /// The file of this name, packed in the first of these ways in which it is there, else as it is.
    pub(crate) fn find(
        &self,
        name: &str,
        packings: impl Iterator<Item = Packing>,
    ) -> Option<(&File, Option<Packing>)> {
        let plain = self.files.get(name)?;
        let packed = packings.filter_map(|packing| {
            let file = self.files.get(&format!("{name}.{}", packing.ending()))?;
            Some((file, Some(packing)))
        });
        packed.chain([(plain, None)]).next()
    }
}

fn read_into(files: &mut BTreeMap<String, File>, folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_into(files, &entry.path(), &format!("{name}/"))?;
        } else {
            let bytes = std::fs::read(entry.path())?;
            files.insert(name, File::new(Cow::Owned(bytes)));
        }
    }
    Ok(())
}

/// How a file may be packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// With Brotli, which is smaller.
    Brotli,
    /// With gzip, which everybody reads.
    Gzip,
}

impl Packing {
    /// The better one first.
    pub(crate) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// What it is called in HTTP.
    pub(crate) fn coding(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }
}
