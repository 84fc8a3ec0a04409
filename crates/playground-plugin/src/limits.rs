//! How much an archive may ask of us.

/// Limits of one upload. The defaults are those of the threat model (its section on archive intake); an operator may
/// lower or raise each.
///
/// Whatever an archive declares about itself is never trusted: sizes are counted while inflating.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveLimits {
    /// Size of the upload itself, in bytes.
    pub upload_bytes: u64,
    /// Size of all files together once inflated, in bytes.
    pub total_bytes: u64,
    /// Number of entries, folders and skipped files included.
    pub entries: u64,
    /// Inflated size divided by compressed size, beyond the first [`RATIO_FREE_BYTES`] of an entry.
    pub ratio: u64,
    /// Length of one entry's name, in bytes.
    pub name_bytes: usize,
    /// Length of one component of a name, in bytes.
    pub component_bytes: usize,
    /// Number of components in a name.
    pub depth: usize,
    /// Size of `config.yaml`, in bytes.
    pub manifest_bytes: u64,
    /// Size of `requirements.txt` with all files it includes, in bytes.
    pub requirements_bytes: u64,
}

/// An entry may always grow to this size, whatever its ratio: small files of zeros are common and harmless.
pub const RATIO_FREE_BYTES: u64 = 1024 * 1024;

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            upload_bytes: 512 * 1024 * 1024,
            total_bytes: 2 * 1024 * 1024 * 1024,
            entries: 20_000,
            ratio: 200,
            name_bytes: 1024,
            component_bytes: 255,
            depth: 32,
            manifest_bytes: 64 * 1024,
            requirements_bytes: 64 * 1024,
        }
    }
}

impl ArchiveLimits {
    /// Whether `inflated` bytes out of `compressed` ones are more than honest data needs.
    pub(crate) fn is_bomb(&self, inflated: u64, compressed: u64) -> bool {
        inflated > RATIO_FREE_BYTES && inflated > compressed.saturating_mul(self.ratio)
    }
}
