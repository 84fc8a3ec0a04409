//! Archives as real tools on real desktops make them.

use playground_plugin::Requested;
use playground_plugin::RequirementPolicy::Permissive;

use crate::pack::*;

#[test]
fn the_smallest_plugin_is_understood() {
    for archive in [
        zip_of(&plugin()),
        tar_of(&plugin()),
        gzip(&tar_of(&plugin())),
    ] {
        let facts = check_bytes(&archive).unwrap().facts;
        assert_eq!(facts.release.to_string(), "test-plugin@1.2.3");
        assert_eq!(facts.name, "Test");
        assert_eq!(facts.entrypoint.to_string(), "plugin.gradio_interface:app");
        assert_eq!(facts.requirements, "gradio\n");
        assert_eq!(
            (facts.files, facts.warnings.len(), facts.has_wheels),
            (3, 0, false)
        );
    }
}

#[test]
fn facts_survive_the_database() {
    let facts = check_bytes(&zip_of(&plugin())).unwrap().facts;
    let json = serde_json::to_string(&facts).unwrap();
    assert_eq!(
        serde_json::from_str::<playground_plugin::PluginFacts>(&json).unwrap(),
        facts
    );
}

/// What `zip` and Explorer on a Korean Windows write: CP949 and no word about it.
#[test]
fn item_10_korean_names_are_readable() {
    let cp949 = encoding_rs::EUC_KR
        .encode("data/한글 파일.txt")
        .0
        .into_owned();
    let plugin = check_bytes(&zip_with(Raw::stored(cp949, "x"))).unwrap();
    assert!(paths(&plugin).contains(&"data/한글 파일.txt".to_owned()));

    let utf8 = Raw {
        flags: 1 << 11,
        ..Raw::stored("data/한글.txt", "x")
    };
    assert!(paths(&check_bytes(&zip_with(utf8)).unwrap()).contains(&"data/한글.txt".to_owned()));

    let raw = b"data/\xff\xfe.txt";
    let mut crc = flate2::Crc::new();
    crc.update(raw);
    let mut extra = 0x7075u16.to_le_bytes().to_vec();
    let name = "data/모델.txt";
    extra.extend_from_slice(&(5 + name.len() as u16).to_le_bytes());
    extra.push(1);
    extra.extend_from_slice(&crc.sum().to_le_bytes());
    extra.extend_from_slice(name.as_bytes());
    let info_zip = Raw {
        extra,
        ..Raw::stored(raw, "x")
    };
    assert!(paths(&check_bytes(&zip_with(info_zip)).unwrap()).contains(&name.to_owned()));

    let neither = Raw::stored(b"data/\xff\xfe.txt", "x");
    assert_eq!(refused(&zip_with(neither)).code(), "archive_name_encoding");
}

#[test]
fn item_11_powershell_backslashes_are_folders() {
    let files: Vec<Raw> = plugin()
        .into_iter()
        .map(|(name, content)| Raw::stored(format!("mine\\{}", name.replace('/', "\\")), content))
        .collect();
    let plugin = check_bytes(&raw_zip(&files)).unwrap();
    assert_eq!(
        paths(&plugin),
        [
            "config.yaml",
            "plugin/gradio_interface.py",
            "requirements.txt"
        ]
    );
    // Beside slashes a backslash is no separator, and no character of an honest name.
    assert_eq!(
        refused(&zip_with(Raw::stored("plugin\\b.py", "x"))).code(),
        "archive_name_invalid"
    );
}

#[test]
fn item_11_finder_wraps_the_folder_and_adds_its_own() {
    let mut files: Vec<(String, &str)> = vec![("mine/".to_owned(), "")];
    files.extend(
        plugin()
            .into_iter()
            .map(|(name, content)| (format!("mine/{name}"), content)),
    );
    for litter in [
        "__MACOSX/mine/._config.yaml",
        "mine/.DS_Store",
        "mine/plugin/__pycache__/a.pyc",
        "mine/.git/HEAD",
    ] {
        files.push((litter.to_owned(), "x"));
    }
    let plugin = check_bytes(&zip_of(&files)).unwrap();
    assert_eq!(
        paths(&plugin),
        [
            "config.yaml",
            "plugin/gradio_interface.py",
            "requirements.txt"
        ]
    );
}

#[test]
fn item_13_files_with_special_names_are_ordinary_files() {
    let mut files = plugin();
    files.extend([
        ("Dockerfile", "FROM evil"),
        (".dockerignore", "*"),
        (".synapse/Dockerfile", "FROM evil"),
        (".synapse/build/install.sh", "evil"),
    ]);
    let plugin = check_bytes(&zip_of(&files)).unwrap();
    assert_eq!(plugin.facts.files, 7);
}

#[test]
fn names_that_differ_in_case_are_pointed_out() {
    let mut files = plugin();
    files.extend([("data/A.txt", "1"), ("data/a.txt", "2")]);
    let facts = check_bytes(&zip_of(&files)).unwrap().facts;
    assert!(
        facts.warnings[0].contains("A.txt") && facts.warnings[0].contains("a.txt"),
        "{:?}",
        facts.warnings
    );
}

#[test]
fn the_executable_bit_survives() {
    let archive = zip_with(Raw {
        mode: 0o100_755,
        ..Raw::stored("run.sh", "x")
    });
    let plugin = check_with(&archive, &Requested::default(), Permissive).unwrap();
    assert_eq!(
        source(&plugin)
            .iter()
            .find(|file| file.path == "run.sh")
            .unwrap()
            .mode,
        0o755
    );
}
