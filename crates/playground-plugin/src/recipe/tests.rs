use std::collections::BTreeMap;

use super::*;
use crate::Entrypoint;

fn facts(requirements: &str) -> PluginFacts {
    PluginFacts {
        release: "my-plugin@1.0.0".parse().unwrap(),
        name: "My plugin".to_owned(),
        category: None,
        description: None,
        entrypoint: "plugin.gradio_interface:app".parse::<Entrypoint>().unwrap(),
        requirements: requirements.to_owned(),
        included_requirements: BTreeMap::new(),
        installs_from: Vec::new(),
        content: Digest::of(b"content"),
        files: 3,
        size_bytes: 300,
        warnings: Vec::new(),
        has_wheels: false,
        python: None,
    }
}

fn base() -> BaseImage {
    BaseImage {
        reference: "synapse-gradio-base:latest".to_owned(),
        id: "sha256:0123".to_owned(),
        packages: [("gradio".to_owned(), "6.31.0".to_owned())].into(),
        python: Some("3.12.7".to_owned()),
    }
}

fn options(builder: Builder, install: Install) -> RecipeOptions {
    RecipeOptions {
        builder,
        install,
        ca_bundle: None,
        index: IndexSettings::default(),
        live: false,
    }
}

fn wheels() -> RecipeOptions {
    options(Builder::BuildKit, Install::Wheels)
}

fn build_file(recipe: &Recipe, name: &str) -> Option<String> {
    let path = format!("{BUILD_FOLDER}{name}");
    let file = recipe.files.iter().find(|file| file.path == path)?;
    Some(String::from_utf8(file.bytes.clone()).unwrap())
}

#[test]
fn the_dockerfiles_are_these() {
    let text = |requirements, builder, install| {
        Recipe::new(&facts(requirements), &base(), &options(builder, install)).dockerfile
    };
    insta::assert_snapshot!(
        "satisfied",
        text("gradio>=5", Builder::BuildKit, Install::Wheels)
    );
    insta::assert_snapshot!(
        "buildkit_wheels",
        text("numpy", Builder::BuildKit, Install::Wheels)
    );
    insta::assert_snapshot!(
        "buildkit_source",
        text("numpy", Builder::BuildKit, Install::Source)
    );
    insta::assert_snapshot!("classic", text("numpy", Builder::Classic, Install::Wheels));
}

#[test]
fn the_launcher_and_the_install_step_are_embedded() {
    let recipe = Recipe::new(&facts("numpy"), &base(), &wheels());
    let paths: Vec<&str> = recipe.files.iter().map(|file| file.path.as_str()).collect();
    for path in [
        ".synapse/image/launch.py",
        ".synapse/image/synapse_launcher/__init__.py",
        ".synapse/image/synapse_launcher/main.py",
        ".synapse/build/install.sh",
        ".synapse/build/explain.py",
    ] {
        assert!(paths.contains(&path), "{path} is missing in {paths:?}");
    }
    assert!(!paths.iter().any(|path| path.contains("test")), "{paths:?}");
}

/// docs/security.md, item 17: hostile text changes files and variables, never the Dockerfile.
#[test]
fn item_17_no_text_of_a_plugin_reaches_the_dockerfile() {
    let honest = Recipe::new(&facts("numpy"), &base(), &wheels());
    let evil = "x\"\nRUN touch /pwned\n$(touch /pwned)`touch /pwned`# \\\nFROM evil";
    let mut hostile = facts(&format!("numpy\n{evil}"));
    hostile.name = evil.to_owned();
    hostile.category = Some(evil.to_owned());
    hostile.description = Some(evil.to_owned());
    hostile.python = Some(evil.to_owned());
    hostile.warnings = vec![evil.to_owned()];
    hostile.installs_from = vec![evil.to_owned()];
    hostile.included_requirements = [(evil.to_owned(), evil.to_owned())].into();
    for builder in [Builder::BuildKit, Builder::Classic] {
        for install in [Install::Wheels, Install::Source] {
            let options = options(builder, install);
            let honest = Recipe::new(&facts("numpy"), &base(), &options);
            let recipe = Recipe::new(&hostile, &base(), &options);
            assert_eq!(recipe.dockerfile, honest.dockerfile);
            assert_ne!(recipe.digest, honest.digest);
        }
    }
    assert!(!honest.dockerfile.contains("pwned"));
}

#[test]
fn item_17_a_slip_in_the_base_images_name_is_no_instruction() {
    let mut base = base();
    base.reference = "base:1\nRUN touch /pwned".to_owned();
    let recipe = Recipe::new(&facts(""), &base, &wheels());
    assert!(
        recipe
            .dockerfile
            .starts_with("FROM base:1RUNtouch/pwned\nUSER 0\n"),
        "{}",
        recipe.dockerfile
    );
}

#[test]
fn nothing_is_installed_when_the_base_has_it_all() {
    for (requirements, installs) in [
        ("", false),
        ("gradio>=5", false),
        ("gradio<5", true),
        ("numpy", true),
    ] {
        assert_eq!(
            Recipe::new(&facts(requirements), &base(), &wheels()).installs,
            installs,
            "{requirements}"
        );
    }
    let bare = BaseImage {
        packages: BTreeMap::new(),
        ..base()
    };
    let recipe = Recipe::new(&facts(""), &bare, &wheels());
    assert_eq!(
        build_file(&recipe, "requirements.txt").as_deref(),
        Some("\n\ngradio\n")
    );
    let recipe = Recipe::new(&facts("gradio==4.44.1"), &bare, &wheels());
    assert_eq!(
        build_file(&recipe, "requirements.txt").as_deref(),
        Some("gradio==4.44.1")
    );
    assert_eq!(
        build_file(&recipe, "exclude_newer").as_deref(),
        Some("2024-10-15\n")
    );
}

/// A file of the plugin that lies beside the install step's own must not replace one of them.
#[test]
fn the_plugins_install_files_never_replace_ours() {
    let mut facts = facts("-r install.sh\n-r more/dev.txt");
    facts.included_requirements = [
        ("install.sh".to_owned(), "evil".to_owned()),
        ("more/dev.txt".to_owned(), "numpy".to_owned()),
    ]
    .into();
    facts.installs_from = vec!["policy/x.whl".to_owned(), "wheels".to_owned()];
    let recipe = Recipe::new(&facts, &base(), &wheels());
    assert_ne!(build_file(&recipe, "install.sh").as_deref(), Some("evil"));
    assert_eq!(
        build_file(&recipe, "more/dev.txt").as_deref(),
        Some("numpy")
    );
    assert_eq!(recipe.installs_from, ["wheels"]);
}

#[test]
fn the_digest_follows_what_shapes_the_image() {
    let digest = |facts: &PluginFacts, base: &BaseImage, options: &RecipeOptions| {
        Recipe::new(facts, base, options).digest
    };
    let one = digest(&facts("numpy"), &base(), &wheels());
    assert_eq!(one, digest(&facts("numpy"), &base(), &wheels()));

    let with_ca = RecipeOptions {
        ca_bundle: Some(b"PEM".to_vec()),
        ..wheels()
    };
    assert_eq!(
        one,
        digest(&facts("numpy"), &base(), &with_ca),
        "the CA bundle shapes no image"
    );

    let other_index = IndexSettings {
        index_url: Some("https://index.example/simple".to_owned()),
        ..Default::default()
    };
    let other_content = PluginFacts {
        content: Digest::of(b"other"),
        ..facts("numpy")
    };
    let other_base = BaseImage {
        id: "sha256:4567".to_owned(),
        ..base()
    };
    for other in [
        digest(
            &facts("numpy"),
            &base(),
            &RecipeOptions {
                index: other_index,
                ..wheels()
            },
        ),
        digest(
            &facts("numpy"),
            &base(),
            &options(Builder::BuildKit, Install::Source),
        ),
        digest(&facts("numpy>1"), &base(), &wheels()),
        digest(&other_content, &base(), &wheels()),
        digest(&facts("numpy"), &other_base, &wheels()),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn index_settings_are_lines_of_names_and_values() {
    let index = IndexSettings {
        index_url: Some("https://user:secret@index.example/simple".to_owned()),
        extra_index_url: Some("https://other.example/\nSYNAPSE_NO_INDEX=1".to_owned()),
        find_links: None,
        no_index: false,
    };
    let recipe = Recipe::new(
        &facts("numpy"),
        &base(),
        &RecipeOptions { index, ..wheels() },
    );
    insta::assert_snapshot!("index_env", build_file(&recipe, "index.env").unwrap());
    assert!(!recipe.dockerfile.contains("secret"));
}

#[test]
fn every_step_of_a_recipe_has_a_purpose() {
    for builder in [Builder::BuildKit, Builder::Classic] {
        for install in [Install::Wheels, Install::Source] {
            for requirements in ["", "numpy"] {
                let recipe = Recipe::new(&facts(requirements), &base(), &options(builder, install));
                let text = recipe.dockerfile.replace("\\\n", " ");
                let steps: Vec<_> = text
                    .lines()
                    .filter(|line| !line.is_empty() && !line.starts_with([' ', '#']))
                    .collect();
                assert!(steps.len() > 4, "{text}");
                for step in steps {
                    assert!(purpose_of(&format!("[2/9] {step}")).is_some(), "{step}");
                }
            }
        }
    }
}
