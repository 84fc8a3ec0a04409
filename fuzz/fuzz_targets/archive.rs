//! Any bytes as an upload: an answer, never a panic; and what is accepted transcodes to the same bytes again.

#![no_main]

use std::io::Cursor;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use playground_plugin::{ArchiveLimits, CheckedPlugin, PluginError, Requested, RequirementPolicy, check};

fn check_bytes(bytes: &[u8]) -> Result<CheckedPlugin, PluginError> {
    // Small limits reach more states in less time.
    let limits = ArchiveLimits { total_bytes: 4 * 1024 * 1024, entries: 200, ..ArchiveLimits::default() };
    check(Cursor::new(bytes), &Requested::default(), &limits, RequirementPolicy::Strict, Path::new("/dev/shm"))
}

fuzz_target!(|bytes: &[u8]| {
    match check_bytes(bytes) {
        Err(error) => assert!(!error.is_ours() && !error.to_string().contains('\n'), "{error:?}"),
        Ok(plugin) => {
            let mut source = Vec::new();
            plugin.write_source(&mut source).expect("the spool is readable");
            let again = check_bytes(&source).expect("a canonical source is a plugin");
            assert_eq!(again.facts.content, plugin.facts.content);
        }
    }
});
