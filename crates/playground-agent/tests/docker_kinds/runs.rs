//! Plugins whose images are built, and which fail when they run.

use std::time::Instant;

use playground_types::wire::Container;
use playground_types::{ContainerStatus, Failure, FailureKind};
use serde_json::json;

use crate::support::docker::docker;
use crate::support::plugin::Plugin;
use crate::support::{Create, within};
use crate::{Case, DEADLINE, LOOK, Site};

/// Those that the usual settings show.
pub(crate) const CASES: &[Case] = &[
    Case::new(FailureKind::MissingModule, "package", |case, site| {
        Box::pin(runs(case, site, "import cv2\n"))
    }),
    Case::new(FailureKind::MissingModule, "own-file", |case, site| {
        Box::pin(runs(case, site, "import plugin.mdoel\n"))
    }),
    Case::new(FailureKind::ImportError, "raises", |case, site| {
        Box::pin(runs(
            case,
            site,
            "def load():\n    raise ValueError('no weights')\n\nload()\n",
        ))
    }),
    Case::new(FailureKind::ImportError, "syntax", |case, site| {
        Box::pin(runs(case, site, "def app(:\n    pass\n"))
    }),
    Case::new(FailureKind::ImportError, "library", |case, site| {
        Box::pin(runs(
            case,
            site,
            "import ctypes\nctypes.CDLL('libGL.so.1')\n",
        ))
    }),
    Case::new(FailureKind::ImportError, "variable", |case, site| {
        Box::pin(runs(
            case,
            site,
            "import os\nTOKEN = os.environ['HF_TOKEN']\n",
        ))
    }),
    Case::new(FailureKind::ImportError, "wrong-name", |case, site| {
        Box::pin(runs(case, site, "from json import lods\n"))
    }),
    Case::new(FailureKind::NoGpu, "driver", |case, site| {
        Box::pin(runs(
            case,
            site,
            "import ctypes\nctypes.CDLL('libcuda.so.1')\n",
        ))
    }),
    Case::new(FailureKind::NoGpu, "torch", |case, site| {
        Box::pin(runs(case, site, TORCH))
    }),
    Case::new(FailureKind::Permission, "writes", |case, site| {
        Box::pin(runs(case, site, "open('/usr/lib/weights.bin', 'wb')\n"))
    }),
    Case::new(FailureKind::DiskFull, "shared-memory", |case, site| {
        let fills = "with open('/dev/shm/cache', 'wb') as file:\n    while True:\n        file.write(bytes(1 << 20))\n";
        Box::pin(runs(case, site, fills))
    }),
    Case::new(FailureKind::Network, "downloads", |case, site| {
        let asks =
            "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/weights.bin')\n";
        Box::pin(runs(case, site, asks))
    }),
    Case::new(FailureKind::NothingToServe, "empty", |case, site| {
        Box::pin(runs(case, site, "VALUE = 1\n"))
    }),
    Case::new(FailureKind::LaunchFailed, "launch", |case, site| {
        Box::pin(runs(case, site, LAUNCH))
    }),
    Case::new(FailureKind::ExitedEarly, "exits", |case, site| {
        Box::pin(runs(
            case,
            site,
            "import os\nprint('done', flush=True)\nos._exit(3)\n",
        ))
    }),
    Case::new(FailureKind::EntrypointMissing, "astray", |case, site| {
        Box::pin(astray(case, site))
    }),
    Case::new(FailureKind::ExitedEarly, "ends-itself", |_, site| {
        Box::pin(does(site, 1, "exit"))
    }),
    Case::new(FailureKind::OutOfMemory, "hoards", |_, site| {
        Box::pin(hoards(site))
    }),
    Case::new(FailureKind::Killed, "killed", |_, site| {
        Box::pin(killed(site))
    }),
    Case::new(FailureKind::CrashLoop, "crashes", |_, site| {
        Box::pin(crashes(site))
    }),
    Case::new(FailureKind::DiskLimit, "writes-much", |_, site| {
        Box::pin(writes_much(site))
    }),
];

/// Those that take as long as an app may.
pub(crate) const UNREACHABLE: &[Case] = &[
    Case::new(FailureKind::NotListening, "deaf", |_, site| {
        Box::pin(does(site, 2, "deaf"))
    }),
    Case::new(FailureKind::LoopbackOnly, "loopback", |_, site| {
        Box::pin(does(site, 3, "loopback"))
    }),
    Case::new(FailureKind::WrongPort, "wrong-port", |_, site| {
        Box::pin(does(site, 4, "wrong port"))
    }),
    Case::new(FailureKind::NotAnswering, "mute", |_, site| {
        Box::pin(does(site, 5, "mute"))
    }),
];

/// What torch raises where there is no GPU, wrapped as libraries do.
const TORCH: &str = "\
def init():
    raise RuntimeError('No CUDA GPUs are available')

try:
    init()
except RuntimeError as error:
    raise OSError('the model could not be loaded') from error
";

const LAUNCH: &str = "\
import gradio
demo = gradio.Interface(lambda text: text, 'text', 'text')
if __name__ == '__main__':
    demo.launch(allowed_paths='no list')
";

/// A plugin with this app.
async fn runs(case: &Case, site: &Site<'_>, app: &str) -> Failure {
    site.failed(&Create::of(&Plugin::new(case.name, app))).await
}

/// One release with many models: they do different things, and share an image. Each site has its own: an image that
/// two Agents share cannot be cleaned up by the first of them.
fn mimic(site: &Site<'_>, model: i64, what: &str) -> Create {
    Create::of(&Plugin::mimic(&format!("mimic-of-{}", site.name)))
        .field("model", model.to_string())
        .params(&json!({ "do": what }))
}

async fn does(site: &Site<'_>, model: i64, what: &str) -> Failure {
    site.failed(&mimic(site, model, what)).await
}

async fn astray(case: &Case, site: &Site<'_>) -> Failure {
    let config = format!(
        "code: {}\nname: Test\nversion: 1.0.0\ncategory: custom\n\
        actions:\n  gradio:\n    entrypoint: elsewhere.page.app\n",
        case.name
    );
    let plugin = Plugin::new(case.name, "")
        .without("plugin/gradio_interface.py")
        .with("config.yaml", config);
    site.failed(&Create::of(&plugin)).await
}

async fn hoards(site: &Site<'_>) -> Failure {
    let hoards = mimic(site, 6, "hoard")
        .limits(&json!({"memory_bytes": 256 << 20}))
        .field("on_existing", "recreate");
    let mut failure = site.failed(&hoards).await;
    // A busy engine now and then misses why a process ended.
    for _ in 0..3 {
        if failure.kind != FailureKind::Killed {
            break;
        }
        failure = site.failed(&hoards).await;
    }
    failure
}

async fn killed(site: &Site<'_>) -> Failure {
    let created = site.agent.create(&mimic(site, 7, "late")).await;
    let id = starting(site, created.container.pk).await;
    docker(&["kill", "--signal", "KILL", &id]).expect("it runs");
    site.ended(&created.build_id).await
}

/// The id of a container once its process runs and has said so.
async fn starting(site: &Site<'_>, pk: i64) -> String {
    let clock = Instant::now();
    loop {
        let container = site.agent.show(pk).await;
        if let Some(id) = &container.id {
            let log = docker(&["logs", id]).unwrap_or_default();
            if log.contains("mimic does") {
                return id.clone();
            }
        }
        assert!(clock.elapsed() < DEADLINE, "still not: {container:#?}");
        tokio::time::sleep(LOOK).await;
    }
}

async fn crashes(site: &Site<'_>) -> Failure {
    let ready = ready(site, &mimic(site, 8, "serve")).await;
    let url = format!("{}/exit?code=3", ready.endpoint.as_deref().expect("ready"));
    site.agent.answers(&url).await;
    within(DEADLINE, "it is started again", async || {
        let now = site.agent.show(ready.pk).await;
        if now.attempts == 1 && now.status == ContainerStatus::Running {
            Ok(())
        } else {
            Err((now.attempts, now.status))
        }
    })
    .await;
    site.agent.answers(&url).await;
    given_up(site, &ready).await
}

async fn writes_much(site: &Site<'_>) -> Failure {
    let ready = ready(
        site,
        &mimic(site, 10, "serve").limits(&json!({"disk_bytes": 8 << 20})),
    )
    .await;
    // It may be ended before it can answer.
    let url = format!(
        "{}/write?path=/app/much&bytes=50000000&keep",
        ready.endpoint.as_deref().expect("ready")
    );
    site.agent.answers(&url).await;
    given_up(site, &ready).await
}

/// One that answers one at a time, and keeps the first who asks waiting for ever.
pub(crate) async fn falls_silent(site: &Site<'_>) -> Failure {
    let ready = ready(site, &mimic(site, 9, "one at a time")).await;
    let url = format!(
        "{}/block?until=/never",
        ready.endpoint.as_deref().expect("ready")
    );
    // Whoever asks is cut off when the app is ended.
    let (_, failure) = tokio::join!(reqwest::get(url), given_up(site, &ready));
    failure
}

async fn ready(site: &Site<'_>, create: &Create) -> Container {
    let created = site.agent.create(create).await;
    let launch = site
        .until(&created.build_id, |launch| launch.status.is_final())
        .await;
    site.agent.show(launch.container_pk).await
}

/// Why an app that had been ready is not started again.
async fn given_up(site: &Site<'_>, ready: &Container) -> Failure {
    let failed = within(DEADLINE, "it is given up", async || {
        let now = site.agent.show(ready.pk).await;
        if now.status == ContainerStatus::Failed {
            Ok(now)
        } else {
            Err(now.status)
        }
    })
    .await;
    failed.failure.expect("a reason")
}
