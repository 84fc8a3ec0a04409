//! `init`, `check` and `pack`, which need no Agent.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::run::{Ran, command, ran};

fn playground(dir: &Path, args: &[&str]) -> Ran {
    ran(&command(args).current_dir(dir).output().unwrap())
}

fn files(folder: &Path) -> Vec<String> {
    let mut files: Vec<_> = [
        "config.yaml",
        "plugin/__init__.py",
        "plugin/gradio_interface.py",
        "requirements.txt",
        "README.md",
        ".gitignore",
    ]
    .into_iter()
    .map(|file| {
        format!(
            "# {file}\n{}",
            fs::read_to_string(folder.join(file)).unwrap()
        )
    })
    .collect();
    files.sort();
    files
}

#[test]
fn a_new_plugin_is_the_seeds_form_and_has_nothing_to_mend() {
    let dir = tempfile::tempdir().unwrap();
    assert_snapshot!(playground(dir.path(), &["init", "image-lab"]), @"
    exit 0
    --- stdout
    image-lab/config.yaml
    image-lab/plugin/__init__.py
    image-lab/plugin/gradio_interface.py
    image-lab/requirements.txt
    image-lab/README.md
    image-lab/.gitignore
    --- stderr
    image-lab is ready: its app is in image-lab/plugin/gradio_interface.py; `playground dev image-lab` runs it while you write it
    ");
    assert_snapshot!(
        "new-plugin-en",
        files(&dir.path().join("image-lab")).join("\n")
    );
    assert_snapshot!(playground(dir.path(), &["check", "image-lab"]), @"
    exit 0
    --- stdout
    --- stderr
    image-lab@0.1.0 can be uploaded: 5 files, 1.53 KiB, 0 warnings
    ");
}

#[test]
fn a_new_plugin_is_korean_where_the_user_is() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("감정 분석");
    fs::create_dir(&folder).unwrap();
    let output = command(&["init"])
        .current_dir(&folder)
        .env("LANG", "ko_KR.UTF-8")
        .output()
        .unwrap();
    assert_snapshot!(ran(&output), @"
    exit 0
    --- stdout
    config.yaml
    plugin/__init__.py
    plugin/gradio_interface.py
    requirements.txt
    README.md
    .gitignore
    --- stderr
    my-plugin 준비됨: 앱은 plugin/gradio_interface.py 파일에 있습니다. 작성하면서 실행하려면 `playground dev .`
    ");
    assert_snapshot!("new-plugin-ko", files(&folder).join("\n"));
    let output = command(&["check"])
        .current_dir(&folder)
        .env("LANG", "ko_KR.UTF-8")
        .output()
        .unwrap();
    assert_snapshot!(ran(&output), @"
    exit 0
    --- stdout
    --- stderr
    my-plugin@0.1.0: 올릴 수 있습니다. 파일 5개, 1.83 KiB, 경고 0개
    ");
}

#[test]
fn nothing_is_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("mine")).unwrap();
    fs::write(dir.path().join("mine/README.md"), "mine").unwrap();
    assert_snapshot!(playground(dir.path(), &["init", "mine"]), @"
    exit 1
    --- stdout
    --- stderr
    error: mine/README.md is there already; nothing was written
    hint: name a directory of its own
    ");
    let left: Vec<_> = fs::read_dir(dir.path().join("mine")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn a_bad_code_is_wrong_usage() {
    let dir = tempfile::tempdir().unwrap();
    let ran = playground(dir.path(), &["init", "x", "--code", "내 플러그인"]);
    assert_eq!(ran.code, Some(2));
    assert!(!dir.path().join("x").exists());
}

#[test]
fn a_plugin_is_packed_as_it_would_be_uploaded() {
    let dir = tempfile::tempdir().unwrap();
    playground(dir.path(), &["init", "image-lab", "--lang", "en"]);
    fs::create_dir(dir.path().join("image-lab/.venv")).unwrap();
    fs::write(dir.path().join("image-lab/.venv/python"), "").unwrap();
    let packed = playground(dir.path(), &["pack", "image-lab", "--list"]);
    assert_snapshot!(packed.out, @"
    FILE                        SIZE
    README.md                   665 B
    config.yaml                 185 B
    plugin/__init__.py          0 B
    plugin/gradio_interface.py  612 B
    requirements.txt            108 B
    .gitignore                  left out
    .venv/                      left out
    dist/                       left out
    image-lab/dist/image-lab-0.1.0.zip
    ");
    let told = packed.err.trim_end();
    assert!(
        told.starts_with("5 files, 1.53 KiB, packed to ") && told.ends_with("; left out: 3"),
        "{told}"
    );
    let first = fs::read(dir.path().join("image-lab/dist/image-lab-0.1.0.zip")).unwrap();
    playground(dir.path(), &["pack", "image-lab"]);
    let again = fs::read(dir.path().join("image-lab/dist/image-lab-0.1.0.zip")).unwrap();
    assert!(first == again);
    assert_snapshot!(playground(dir.path(), &["check", "image-lab/dist/image-lab-0.1.0.zip"]), @"
    exit 0
    --- stdout
    --- stderr
    image-lab@0.1.0 can be uploaded: 5 files, 1.53 KiB, 0 warnings
    ");
}

#[test]
fn an_archive_inside_its_directory_is_not_packed_the_next_time() {
    let dir = tempfile::tempdir().unwrap();
    playground(dir.path(), &["init", "image-lab"]);
    let folder = dir.path().join("image-lab");
    let pack = || {
        let ran = playground(&folder, &["pack", "-o", "own.zip", "--output", "json"]);
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let first = pack();
    assert_eq!(first["file"], "own.zip");
    assert_eq!(pack(), first);
}

#[test]
fn the_examples_have_nothing_that_stops_them() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    assert_snapshot!(playground(&examples, &["check", "seed"]), @"
    exit 0
    --- stdout
    seed/config.yaml:8:17: warning: plugin/gradio_interface.py defines no `app`; the launcher serves what it finds there [entrypoint_attribute_missing]
      hint: End the entrypoint with `demo`, which the file does define.
    --- stderr
    my-plugin@1.0.0 can be uploaded: 5 files, 914 B, 1 warning
    ");
    for example in ["image-lab", "story-stream", "text-tools"] {
        let ran = playground(&examples, &["check", example]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran}");
    }
}

#[test]
fn what_people_send_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    playground(dir.path(), &["init", "image-lab"]);
    let folder = dir.path().join("image-lab");
    // Windows editors begin a file with a mark, and an empty line of requirements is none.
    fs::write(
        folder.join("requirements.txt"),
        "\u{feff}\r\n\r\n# nothing\r\n",
    )
    .unwrap();
    fs::write(
        folder.join("config.yaml"),
        format!(
            "\u{feff}{}",
            fs::read_to_string(folder.join("config.yaml")).unwrap()
        ),
    )
    .unwrap();
    let ran = playground(dir.path(), &["check", "image-lab"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), ""), "{ran}");
}

#[test]
fn a_plugin_that_is_not_there_is_no_finding() {
    let dir = tempfile::tempdir().unwrap();
    assert_snapshot!(playground(dir.path(), &["check", "gone.zip"]), @"
    exit 1
    --- stdout
    --- stderr
    error: gone.zip cannot be read: No such file or directory (os error 2)
    ");
    assert_snapshot!(playground(dir.path(), &["pack", "gone"]), @"
    exit 1
    --- stdout
    --- stderr
    error: gone cannot be packed: No such file or directory (os error 2)
    ");
}

#[test]
fn a_folder_around_everything_is_taken_off() {
    let dir = tempfile::tempdir().unwrap();
    playground(dir.path(), &["init", "image-lab", "--lang", "en"]);
    let mut zip = ZipWriter::new(fs::File::create(dir.path().join("wrapped.zip")).unwrap());
    for file in ["config.yaml", "plugin/gradio_interface.py"] {
        let content = fs::read(dir.path().join("image-lab").join(file)).unwrap();
        zip.start_file(format!("My Plugin/{file}"), SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap();
    assert_snapshot!(playground(dir.path(), &["check", "wrapped.zip"]), @"
    exit 0
    --- stdout
    --- stderr
    image-lab@0.1.0 can be uploaded: 2 files, 797 B, 0 warnings
    ");
}
