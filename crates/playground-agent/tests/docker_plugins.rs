//! Plugins as people pack, name and write them: all of these become an app that answers, and none becomes more.
//!
//! When no engine answers these tests fail, unless `PLAYGROUND_SKIP_DOCKER=1` says that they may be left out.

mod support;

use playground_types::wire::Container;
use reqwest::StatusCode;
use serde_json::json;
use support::docker::{docker, images, inspect, shell};
use support::plugin::Plugin;
use support::{Agent, Create, on_docker};

#[test]
fn docker_item_11_an_archive_from_windows_in_a_folder_of_its_own_builds() {
    on_docker(
        "windows",
        |_| {},
        async |agent| {
            let plugin = Plugin::mimic("windows")
                .with("데이터/설명.txt", "안녕")
                .wrapped("My Plugin")
                .with("__MACOSX/My Plugin/._config.yaml", "junk")
                .with_backslashes();
            let app = agent.ready(&Create::of(&plugin)).await;
            let files = files(agent, &app).await;
            for file in [
                "/app/config.yaml",
                "/app/plugin/gradio_interface.py",
                "/app/데이터/설명.txt",
            ] {
                assert!(files.contains(&file.to_owned()), "{file}: {files:#?}");
            }
            assert!(
                !files
                    .iter()
                    .any(|file| file.contains("MACOSX") || file.contains('\\')),
                "{files:#?}"
            );
        },
    );
}

#[test]
fn docker_item_13_build_files_of_the_plugin_are_files_like_any_other() {
    on_docker(
        "own",
        |_| {},
        async |agent| {
            let theirs = "FROM scratch\nRUN touch /pwned\n";
            let plugin = Plugin::mimic("own-dockerfile")
                .with("Dockerfile", theirs)
                .with(".dockerignore", "*\n")
                .with("plugin/.dockerignore", "**\n")
                .with(".synapse/Dockerfile", theirs)
                .with(".synapse/build/install.sh", "touch /pwned\n")
                .with("data/model.bin", vec![0_u8; 4096]);
            let app = agent.ready(&Create::of(&plugin)).await;
            let files = files(agent, &app).await;
            for file in [
                "Dockerfile",
                ".dockerignore",
                "plugin/.dockerignore",
                "plugin/gradio_interface.py",
                "config.yaml",
                "data/model.bin",
            ] {
                assert!(
                    files.contains(&format!("/app/{file}")),
                    "{file}: {files:#?}"
                );
            }
            nothing_was_pwned(agent, &app).await;
            assert_eq!(
                agent.say(&app, "/exists?path=/opt/synapse/launch.py").await,
                "True"
            );
        },
    );
}

#[test]
fn docker_item_15_a_release_whose_name_docker_refuses_gets_one_that_it_takes() {
    on_docker(
        "names",
        |_| {},
        async |agent| {
            let plugin = Plugin::mimic("My_Plugin").version("1.0.0+cu121");
            let app = agent.ready(&Create::of(&plugin)).await;
            assert_eq!(app.plugin_release, "My_Plugin@1.0.0+cu121");
            let (_, hash) = app.image.rsplit_once("-h").expect("a hash");
            assert!(
                hash.len() == 8 && hash.chars().all(|c| c.is_ascii_hexdigit()),
                "{}",
                app.image
            );
            let attrs = app.attrs.as_ref().expect("Docker's view");
            assert_eq!(
                attrs["Config"]["Labels"]["synapse.plugin_release"],
                "My_Plugin@1.0.0+cu121"
            );
            // Docker knows the image under the name that the answer gives.
            let image = inspect(&app.image);
            assert_eq!(image["Id"], attrs["Image"]);
            assert_eq!(
                image["Config"]["Labels"]["synapse.plugin_release"],
                "My_Plugin@1.0.0+cu121"
            );
        },
    );
}

#[test]
fn docker_item_16_releases_whose_names_join_alike_have_an_image_each() {
    on_docker(
        "alike",
        |_| {},
        async |agent| {
            let one = agent
                .ready(&Create::of(
                    &Plugin::mimic("a-1").version("2").with("which", "a-1@2"),
                ))
                .await;
            let two = agent
                .ready(&Create::of(
                    &Plugin::mimic("a").version("1-2").with("which", "a@1-2"),
                ))
                .await;
            assert_ne!(one.image, two.image);
            assert_ne!(inspect(&one.image)["Id"], inspect(&two.image)["Id"]);
            for (app, which) in [(one, "a-1@2"), (two, "a@1-2")] {
                assert_eq!(agent.say(&app, "/read?path=/app/which").await, which);
                assert_eq!(
                    inspect(&app.image)["Config"]["Labels"]["synapse.plugin_release"],
                    which
                );
            }
            assert_eq!(images(&agent.id).len(), 2);
        },
    );
}

#[test]
fn docker_item_17_hostile_words_are_kept_as_words() {
    on_docker(
        "words",
        |_| {},
        async |agent| {
            for version in [
                "1.0\"\nRUN touch /pwned",
                "$(touch /pwned)",
                "`touch /pwned`",
                "1.0#",
            ] {
                let upload = Create::of(&Plugin::mimic("words").version(version));
                let (status, body) = agent.ask(&upload).await;
                assert_eq!(status, StatusCode::BAD_REQUEST, "{version:?}: {body:#}");
            }
            let labels = [
                "$(touch /pwned)",
                "`touch /pwned`",
                "\" && touch /pwned #",
                "한글 ${HOME} \\n",
            ];
            let metadata = json!({"note": "x\nRUN touch /pwned\n", "$(id)": "`id`", "emoji": "🚀"});
            let mut upload = Create::of(
                &Plugin::mimic("words")
                    .with("plugin/$(touch pwned).py", "")
                    .with("a\"b`c.txt", "x"),
            )
            .field("metadata", metadata.to_string());
            for label in labels {
                upload = upload.field("labels", label);
            }
            let app = agent.ready(&upload).await;
            assert_eq!(app.labels, labels);
            assert_eq!(app.metadata, metadata);
            let attrs = app.attrs.as_ref().expect("Docker's view");
            for label in labels {
                assert_eq!(
                    attrs["Config"]["Labels"][format!("synapse.label.{label}")],
                    "",
                    "{label}"
                );
            }
            let files = files(agent, &app).await;
            assert!(
                files.contains(&"/app/plugin/$(touch pwned).py".to_owned()),
                "{files:#?}"
            );
            nothing_was_pwned(agent, &app).await;
            let (status, body) = agent.ask(&upload.field("labels", "two\nlines")).await;
            assert_eq!(
                (status, &body["code"]),
                (StatusCode::BAD_REQUEST, &json!("label_invalid"))
            );
        },
    );
}

#[test]
fn docker_item_23_the_largest_params_arrive_byte_for_byte() {
    on_docker(
        "params",
        |_| {},
        async |agent| {
            let shell = json!({"text": ""}).to_string().len();
            // Three bytes, four bytes, and what JSON has to escape.
            let unit = "한🚀\\";
            let escaped = serde_json::to_string(unit).expect("JSON").len() - 2;
            let room = 128_000 - shell;
            let text = unit.repeat(room / escaped) + &"x".repeat(room % escaped);
            let params = json!({ "text": text });
            let wanted = params.to_string();
            assert_eq!(wanted.len(), 128_000);
            let plugin = Plugin::mimic("params");
            let app = agent.ready(&Create::of(&plugin).params(&params)).await;
            let found = agent.call(&app, "/env?name=PLUGIN_PARAMS").await;
            assert_eq!(found.len(), 128_000);
            assert!(found == wanted.as_bytes());

            let more = json!({ "text": text + "x" });
            let (status, body) = agent.ask(&Create::again(&plugin).params(&more)).await;
            assert_eq!(
                (status, &body["code"]),
                (StatusCode::PAYLOAD_TOO_LARGE, &json!("params_too_large"))
            );
        },
    );
}

#[test]
fn docker_item_24_variables_arrive_byte_for_byte() {
    on_docker(
        "envs",
        |_| {},
        async |agent| {
            let envs = json!({
                "GREETING": "안녕하세요, 세계",
                "EMOJI": "👩‍🔬🚀",
                "LINES": "one\ntwo\r\n\n\tthree\n",
                "QUOTES": "a \"b\" 'c' $HOME `id` \\ =; #",
                "SPACES": "  around  ",
                "EMPTY": "",
                "LONG": "é".repeat(16 * 1024),
            });
            let upload = Create::of(&Plugin::mimic("envs")).field("envs", envs.to_string());
            let app = agent.ready(&upload).await;
            for (name, value) in envs.as_object().expect("an object") {
                let found = agent.call(&app, &format!("/env?name={name}")).await;
                assert!(
                    found == value.as_str().expect("text").as_bytes(),
                    "{name}: {}",
                    String::from_utf8_lossy(&found)
                );
            }
        },
    );
}

/// The files of the plugin inside its container.
async fn files(agent: &Agent, app: &Container) -> Vec<String> {
    serde_json::from_slice(&agent.call(app, "/files").await).expect("a list")
}

/// No build step and no start made the file that hostile words ask for, nor did anything else in the image.
async fn nothing_was_pwned(agent: &Agent, app: &Container) {
    assert_eq!(agent.say(app, "/exists?path=/pwned").await, "False");
    let found = shell(
        app.id.as_deref().expect("an id"),
        "find / -xdev -name pwned 2>/dev/null || true",
    );
    assert_eq!(found, "");
    let history = docker(&[
        "history",
        "--no-trunc",
        "--format",
        "{{.CreatedBy}}",
        &app.image,
    ])
    .expect("a history");
    assert!(!history.contains("pwned"), "{history}");
}
