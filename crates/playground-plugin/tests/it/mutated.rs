//! Damage of any kind ends in an answer: never in a panic, never blamed on our disk.

use proptest::prelude::*;

use crate::pack::*;

fn check_quietly(bytes: &[u8]) -> Result<(), TestCaseError> {
    match check_bytes(bytes) {
        Ok(plugin) => plugin
            .write_source(std::io::sink())
            .map_err(|error| TestCaseError::fail(error.to_string())),
        Err(error) => {
            prop_assert!(!error.is_ours(), "{:?}", error);
            prop_assert!(
                !error.to_string().is_empty() && !error.to_string().contains('\n'),
                "{:?}",
                error
            );
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn item_12_flipped_bytes(format in 0..3u8, flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut archive = archive(format);
        for (at, byte) in flips {
            let at = at.index(archive.len());
            archive[at] = byte;
        }
        check_quietly(&archive)?;
    }

    #[test]
    fn item_12_cut_and_repeated_parts(format in 0..3u8, from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), repeat in any::<bool>()) {
        let archive = archive(format);
        let (from, to) = (from.index(archive.len()), to.index(archive.len()));
        let mut changed = archive[..from.max(to)].to_vec();
        changed.extend_from_slice(&archive[if repeat { from.min(to) } else { archive.len() - from.min(to) }..]);
        check_quietly(&changed)?;
    }

    #[test]
    fn any_lines_of_requirements(text in r"([a-z0-9.*_\\[\\]()<>=!~;,@#/:' -]{0,40}\n){0,4}") {
        let requirements = playground_plugin::requirements::Requirements::parse(&text);
        requirements.satisfied_by(&Default::default(), Some("3.12.7"));
        requirements.exclude_newer();
    }

    #[test]
    fn item_12_any_bytes_behind_a_magic(magic in prop::sample::select(vec![&b"PK\x03\x04"[..], b"PK\x05\x06", b"\x1f\x8b\x08", b""]), bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        check_quietly(&[magic, &bytes].concat())?;
    }
}

fn archive(format: u8) -> Vec<u8> {
    match format {
        0 => zip_of(&plugin()),
        1 => tar_of(&plugin()),
        _ => gzip(&tar_of(&plugin())),
    }
}
