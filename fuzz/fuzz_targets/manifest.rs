//! Any bytes as a `config.yaml`, and as an entrypoint.

#![no_main]

use libfuzzer_sys::fuzz_target;
use playground_plugin::Entrypoint;
use playground_plugin::manifest::Manifest;

fuzz_target!(|bytes: &[u8]| {
    // Larger ones are refused before they are parsed.
    if bytes.len() > 64 * 1024 {
        return;
    }
    match Manifest::parse("config.yaml", bytes) {
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        Ok(manifest) => {
            if let Some(Ok(entrypoint)) = manifest.entrypoint.map(|text| text.parse::<Entrypoint>()) {
                assert_eq!(entrypoint.to_string().parse(), Ok(entrypoint));
            }
        }
    }
});
