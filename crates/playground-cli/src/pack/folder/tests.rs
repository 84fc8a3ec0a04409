use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

#[test]
fn a_directory_is_packed_as_the_platforms_own_tool_does() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("config.yaml", "code: x\n");
    write("plugin/gradio_interface.py", "demo = 1\n");
    write("plugin/한글 파일.txt", "안녕\n");
    write("data/keep.bin", "x");
    write("run.sh", "#!/bin/sh\n");
    fs::set_permissions(dir.path().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("../data/keep.bin", dir.path().join("plugin/linked.bin")).unwrap();
    for skipped in [
        ".env",
        ".git/config",
        ".gitattributes",
        ".venv/bin/python",
        "plugin/__pycache__/x.pyc",
        "plugin/deep/build/x",
        "x.egg-info/PKG-INFO",
        "debug.log",
        "big/model.ckpt",
        "secret.txt",
    ] {
        write(skipped, "no");
    }
    write(".gitignore", "*.ckpt\n");
    write(".synapseignore", "secret.txt\n");
    let packed = pack(dir.path()).unwrap();
    let mut zip = zip::ZipArchive::new(packed.file.reopen().unwrap()).unwrap();
    let mut names: Vec<_> = (0..zip.len())
        .map(|at| zip.by_index(at).unwrap().name().unwrap().to_string())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            ".synapseignore",
            "config.yaml",
            "data/keep.bin",
            "plugin/gradio_interface.py",
            "plugin/linked.bin",
            "plugin/한글 파일.txt",
            "run.sh",
        ]
    );
    assert_eq!(packed.files, names.len());
    assert!(packed.leading_out.is_empty());
    assert_eq!(
        left_out(dir.path(), None),
        [
            ".env",
            ".git/",
            ".gitattributes",
            ".gitignore",
            ".venv/",
            "big/model.ckpt",
            "debug.log",
            "plugin/__pycache__/",
            "plugin/deep/build/",
            "secret.txt",
            "x.egg-info/",
        ]
    );
    let mode = zip.by_name("run.sh").unwrap().unix_mode();
    assert_eq!(mode.map(|mode| mode & 0o777), Some(0o755));
    assert!(!zip.by_name("plugin/linked.bin").unwrap().is_symlink());
}

fn bytes(folder: &Path) -> Vec<u8> {
    fs::read(pack(folder).unwrap().file.path()).unwrap()
}

#[test]
fn equal_files_give_equal_bytes() {
    let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for (dir, mode) in [(&one, 0o600), (&two, 0o664)] {
        for name in ["b.txt", "a.txt", "c.txt"] {
            let path = dir.path().join(name);
            fs::write(&path, name).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    }
    let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30);
    let file = File::options().write(true).open(two.path().join("a.txt"));
    file.unwrap().set_modified(long_ago).unwrap();
    assert!(bytes(one.path()) == bytes(two.path()));
    fs::write(two.path().join("a.txt"), "b").unwrap();
    assert!(bytes(one.path()) != bytes(two.path()));
}

#[test]
fn a_link_that_leads_out_is_packed_and_named() {
    let [dir, outside] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let model = outside.path().join("model.bin");
    fs::write(&model, "weights").unwrap();
    fs::write(dir.path().join("config.yaml"), "code: x\n").unwrap();
    symlink(&model, dir.path().join("model.bin")).unwrap();
    let packed = pack(dir.path()).unwrap();
    let to = model.canonicalize().unwrap();
    assert_eq!(packed.leading_out, [("model.bin".to_owned(), to)]);
    assert_eq!(packed.files, 2);
}

#[test]
fn the_archive_itself_is_never_in_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.yaml"), "code: x\n").unwrap();
    let own = dir.path().join("x.zip");
    fs::write(&own, "an earlier one").unwrap();
    let packed = pack_without(dir.path(), Some(&own)).unwrap();
    assert_eq!(packed.files, 1);
}

#[test]
fn a_link_that_leads_nowhere_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("model.bin");
    symlink("gone.bin", &link).unwrap();
    let error = pack(dir.path()).unwrap_err();
    assert!(
        matches!(&error, Unpackable::Unreadable { path, .. } if *path == link),
        "{error:?}"
    );
    assert!(error.is_gone(), "it may be there in a moment: {error:?}");
}

#[test]
fn the_lock_of_an_editor_leads_nowhere_and_disturbs_nobody() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("app.py"), "demo = 1\n").unwrap();
    symlink("me@here.1234:5678", dir.path().join(".#app.py")).unwrap();
    assert_eq!(pack(dir.path()).unwrap().files, 1);
}

#[test]
fn what_is_packed_depends_on_what_may_be_packed_and_on_what_says_so() {
    for name in [
        "app.py",
        "plugin/deep/app.py",
        ".gitignore",
        "plugin/.gitignore",
        ".synapseignore",
    ] {
        assert!(matters(Path::new(name)), "{name}");
    }
    for name in [
        ".git/config",
        ".venv/.gitignore",
        "plugin/.#app.py",
        "x.pyc",
    ] {
        assert!(!matters(Path::new(name)), "{name}");
    }
}

#[test]
fn files_are_packed_from_folders_that_are_not_left_out() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "plugin/deep",
        ".git/objects",
        "node_modules/x",
        "outputs/day",
    ] {
        fs::create_dir_all(dir.path().join(name)).unwrap();
    }
    fs::write(dir.path().join(".gitignore"), "outputs/\n").unwrap();
    let expected = ["", "plugin", "plugin/deep"].map(|name| dir.path().join(name));
    assert_eq!(folders(dir.path()), expected);
}

#[test]
fn an_empty_directory_is_no_plugin() {
    let dir = tempfile::tempdir().unwrap();
    assert!(pack(dir.path()).is_err());
}

#[test]
fn what_cannot_be_compressed_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    // A linear congruential generator (Knuth's constants): nothing repeats.
    let mut state = 1_u64;
    let weights: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    })
    .take(2 << 20)
    .collect();
    fs::write(dir.path().join("weights.bin"), &weights).unwrap();
    fs::write(dir.path().join("zeros.bin"), vec![0; 2 << 20]).unwrap();
    let packed = pack(dir.path()).unwrap();
    let mut zip = zip::ZipArchive::new(packed.file.reopen().unwrap()).unwrap();
    let mut how = |name| {
        let mut file = zip.by_name(name).unwrap();
        let mut bytes = Vec::new();
        io::copy(&mut file, &mut bytes).unwrap();
        (file.compression(), bytes)
    };
    assert!(how("weights.bin") == (CompressionMethod::Stored, weights));
    assert!(how("zeros.bin") == (CompressionMethod::Deflated, vec![0; 2 << 20]));
}
