//! The image itself: built under a passing name, asked what it has, labelled, named.

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use playground_control::{LABEL_BASE_PACKAGES, LABEL_BASE_PYTHON};
use playground_engine::{BuildEvent, BuildRequest, Builder, Engine, ImageView, StepState};
use tokio::sync::mpsc;

use super::context::{Settings, tar};
use super::recipe::{DOCKERFILE, INSTALL, PACKAGES};
use super::{BuildArgs, LABEL_RECIPE, Made};
use crate::exit::{Exit, Problem};
use crate::human::short;
use crate::language::say;
use crate::progress::{Progress, Step};

/// Marks the lines of the image's own account.
const PYTHON_MARK: &str = "synapse-python ";
const PACKAGES_MARK: &str = "synapse-packages ";

/// The image, if it is there and made by this recipe.
pub(super) async fn up_to_date(
    engine: &Engine,
    tag: &str,
    recipe: &str,
) -> anyhow::Result<Option<Made>> {
    let image = engine.image(tag).await?;
    Ok(image
        .filter(|image| image.labels.get(LABEL_RECIPE).map(String::as_str) == Some(recipe))
        .and_then(|image| account(tag, &image, false)))
}

/// Makes it.
pub(super) async fn make(
    engine: &Engine,
    args: &BuildArgs,
    settings: &Settings,
    root: &str,
    recipe: &str,
    progress: &Progress,
) -> anyhow::Result<Made> {
    let passing = Passing::new(&args.tag);
    let made = named(engine, args, settings, root, recipe, progress, &passing).await;
    // Passing names go, whatever became of the image; its layers stay with its real name.
    for name in [&passing.stage, &passing.account] {
        drop(engine.remove_image(name).await);
    }
    made
}

/// Names that nobody else uses, in the image's own repository.
struct Passing {
    stage: String,
    account: String,
    once: String,
}

impl Passing {
    fn new(tag: &str) -> Self {
        let repository = match tag.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => repository,
            _ => tag,
        };
        let once = format!(
            "{}-{}",
            std::process::id(),
            playground_types::Timestamp::now().0
        );
        Self {
            stage: format!("{repository}:stage-{once}"),
            account: format!("{repository}:account-{once}"),
            once,
        }
    }
}

async fn named(
    engine: &Engine,
    args: &BuildArgs,
    settings: &Settings,
    root: &str,
    recipe: &str,
    progress: &Progress,
    passing: &Passing,
) -> anyhow::Result<Made> {
    let mut files = vec![
        ("Dockerfile", DOCKERFILE.as_bytes()),
        ("install-gradio.sh", INSTALL.as_bytes()),
        ("packages.py", PACKAGES.as_bytes()),
    ];
    files.extend(settings.files());
    let mut request = request(&passing.stage);
    request.network.clone_from(&args.build_network);
    request.build_args = BTreeMap::from([("ROOT_IMAGE".to_owned(), root.to_owned())]);
    let step = progress.step(say(
        format!("building from {root}"),
        format!("빌드하기(시작 이미지: {root})"),
    ));
    build(engine, &request, &files, step).await?;

    let (python, packages) = ask(engine, passing, progress).await?;

    let mut request = self::request(&args.tag);
    request.labels = BTreeMap::from([
        (LABEL_BASE_PACKAGES.to_owned(), packages),
        (LABEL_BASE_PYTHON.to_owned(), python),
        (LABEL_RECIPE.to_owned(), recipe.to_owned()),
    ]);
    let from = format!("FROM {}\n", passing.stage);
    let tag = &args.tag;
    let step = progress.step(say(
        format!("labelling it as {tag}"),
        format!("레이블 붙이기: {tag}"),
    ));
    build(engine, &request, &[("Dockerfile", from.as_bytes())], step).await?;
    let image = engine.image(tag).await?;
    image
        .and_then(|image| account(tag, &image, true))
        .ok_or_else(|| {
            anyhow!(say(
                format!("the engine built {tag} and does not have it"),
                format!("엔진이 빌드했지만 이미지가 없습니다: {tag}"),
            ))
        })
}

/// Runs the image's own account of what it has: its Python, and its packages as JSON.
async fn ask(
    engine: &Engine,
    passing: &Passing,
    progress: &Progress,
) -> anyhow::Result<(String, String)> {
    // The argument changes each time, or the answer would be an earlier one's.
    let dockerfile = format!(
        "FROM {}\nARG ONCE\nRUN echo \"{PACKAGES_MARK}$(python /opt/synapse/packages.py)\" && \
         echo \"{PYTHON_MARK}$(python -c 'import platform; print(platform.python_version())')\"\n",
        passing.stage
    );
    let mut request = request(&passing.account);
    request.build_args = BTreeMap::from([("ONCE".to_owned(), passing.once.clone())]);
    request.network = Some("none".to_owned());
    let step = progress.step(say("asking it what it has", "이미지의 내용 확인"));
    let lines = build(
        engine,
        &request,
        &[("Dockerfile", dockerfile.as_bytes())],
        step,
    )
    .await?;
    let said = |mark: &str| {
        let line = lines.iter().find_map(|line| line.trim().strip_prefix(mark));
        line.map(str::to_owned).with_context(|| {
            let mark = mark.trim();
            say(
                format!("the image does not say its {mark}"),
                format!("이미지에서 알아내지 못했습니다: {mark}"),
            )
        })
    };
    let packages = said(PACKAGES_MARK)?;
    serde_json::from_str::<BTreeMap<String, String>>(&packages).with_context(|| {
        say(
            "the image's list of packages is no JSON",
            "이미지의 패키지 목록이 JSON이 아닙니다",
        )
    })?;
    Ok((said(PYTHON_MARK)?, packages))
}

fn request(tag: &str) -> BuildRequest {
    BuildRequest {
        tags: vec![tag.to_owned()],
        labels: BTreeMap::new(),
        dockerfile: "Dockerfile".to_owned(),
        builder: Builder::BuildKit,
        memory_bytes: None,
        cpus: None,
        network: None,
        build_args: BTreeMap::new(),
    }
}

/// Builds, and gives back what the steps printed.
async fn build(
    engine: &Engine,
    request: &BuildRequest,
    files: &[(&str, &[u8])],
    mut step: Step,
) -> anyhow::Result<Vec<String>> {
    let context = tar(files)?;
    let (events, mut heard) = mpsc::channel(64);
    let mut lines = Vec::new();
    let listening = async {
        while let Some(event) = heard.recv().await {
            tell(&event, &mut step);
            if let BuildEvent::Log { line, .. } = event {
                lines.push(line);
            }
        }
    };
    // The sender goes with the build, so the listener ends when it does.
    let (built, ()) = tokio::join!(engine.build(request, context, events), listening);
    built.map_err(|failed| {
        let tail = lines.iter().rev().take(20).rev().cloned().collect();
        let why = match &failed.engine {
            Some(engine) => format!("{failed}: {engine}"),
            None => failed.to_string(),
        };
        let message = say(why.clone(), format!("빌드 실패: {why}"));
        let mut problem = Problem::new(Exit::Failed, message);
        if failed.not_supported {
            problem = problem.hint(say(
                "the base image needs BuildKit: update Docker, or enable it",
                "베이스 이미지를 만들려면 BuildKit이 필요합니다. Docker를 업데이트하거나 BuildKit을 켜세요",
            ));
        }
        problem.before = tail;
        problem
    })?;
    step.done("");
    Ok(lines)
}

fn tell(event: &BuildEvent, step: &mut Step) {
    match event {
        // What no step printed is the engine's own: the passing names that the image gets.
        BuildEvent::Log {
            step: Some(_),
            line,
        } if !is_account(line) => step.log(line),
        BuildEvent::Step {
            name,
            state: StepState::Finished { cached, .. },
            ..
        } if name.starts_with('[') && !name.starts_with("[internal]") => {
            let name = short(name);
            step.line(&match cached {
                true => format!("  {name}  {}", say("cached", "캐시")),
                false => format!("  {name}"),
            });
        }
        _ => {}
    }
}

fn is_account(line: &str) -> bool {
    [PYTHON_MARK, PACKAGES_MARK]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// What an image's labels say; nothing where they are not whole.
fn account(tag: &str, image: &ImageView, built: bool) -> Option<Made> {
    let label = |name: &str| image.labels.get(name).cloned();
    Some(Made {
        tag: tag.to_owned(),
        id: image.id.clone(),
        recipe: label(LABEL_RECIPE)?,
        python: label(LABEL_BASE_PYTHON)?,
        packages: serde_json::from_str(&label(LABEL_BASE_PACKAGES)?).ok()?,
        built,
    })
}
