//! Any text as a `requirements.txt`, judged and evaluated.

#![no_main]

use libfuzzer_sys::fuzz_target;
use playground_plugin::RequirementPolicy;
use playground_plugin::requirements::Requirements;

fuzz_target!(|text: &str| {
    if text.len() > 64 * 1024 {
        return;
    }
    let packages = [("gradio", "6.31.0"), ("numpy", "2.1.0")].map(|(name, version)| (name.to_owned(), version.to_owned()));
    let requirements = Requirements::parse(text);
    requirements.satisfied_by(&packages.into(), Some("3.12.7"));
    requirements.exclude_newer();
    for error in requirements.not_allowed("requirements.txt", RequirementPolicy::Strict) {
        assert!(error.to_string().contains("line "), "{error}");
    }
});
