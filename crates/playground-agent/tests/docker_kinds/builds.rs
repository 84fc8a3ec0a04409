//! Plugins whose images cannot be built.

use std::net::Ipv4Addr;
use std::sync::Arc;

use playground_types::{Failure, FailureKind};
use reqwest::{Method, StatusCode};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::index::{Index, unbuildable, wheel_with};
use crate::support::plugin::Plugin;
use crate::support::{Create, within};
use crate::{Case, DEADLINE, Site};

/// Those that the usual settings show.
pub(crate) const CASES: &[Case] = &[
    Case::new(FailureKind::BadRequirement, "line", |case, site| {
        Box::pin(requires(case, site, "alpha =="))
    }),
    Case::new(FailureKind::NoSuchPackage, "unknown", |case, site| {
        Box::pin(requires(case, site, "alfa"))
    }),
    Case::new(FailureKind::NoSuchVersion, "version", |case, site| {
        Box::pin(requires(case, site, "alpha==9"))
    }),
    Case::new(FailureKind::VersionConflict, "conflict", |case, site| {
        Box::pin(requires(case, site, "alpha==1.0\nbeta==1.0"))
    }),
    Case::new(
        FailureKind::NeedsSourceBuild,
        "source-only",
        |case, site| Box::pin(requires(case, site, "sourced")),
    ),
    Case::new(FailureKind::PythonVersion, "python", |case, site| {
        Box::pin(requires(case, site, "futuristic"))
    }),
    Case::new(FailureKind::BuildFailed, "broken-wheel", |case, site| {
        Box::pin(requires(case, site, "broken"))
    }),
    Case::new(FailureKind::Network, "closed-port", |case, site| {
        let wheel = "gone @ http://127.0.0.1:9/gone-1.0-py3-none-any.whl";
        Box::pin(requires(case, site, wheel))
    }),
    Case::new(FailureKind::Tls, "untrusted", |case, site| {
        Box::pin(untrusted(case, site))
    }),
    Case::new(FailureKind::Cancelled, "cancelled", |case, site| {
        Box::pin(cancelled(case, site))
    }),
];

/// An index with something of everything. Who asks for `slow` waits.
pub(crate) fn index() -> Index {
    let packages: [(&str, &str, &[&str]); 4] = [
        ("alpha", "1.0", &[]),
        ("alpha", "2.0", &[]),
        ("beta", "1.0", &["alpha>=2"]),
        ("slow", "1.0", &[]),
    ];
    let futuristic = wheel_with("futuristic", "1.0", "Requires-Python: >=4\n");
    Index::new(&packages, Some("slow"))
        .with("futuristic-1.0-py3-none-any.whl", futuristic)
        .with("sourced-1.0.zip", unbuildable("sourced", "1.0"))
        .with("broken-1.0-py3-none-any.whl", b"no wheel at all".to_vec())
}

/// A plugin with requirements that no run before this one had: nothing of an earlier run's cache fits.
fn requiring(code: &str, requirements: &str) -> Create {
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock");
    let requirements = format!("# {}\n{requirements}\n", now.as_nanos());
    Create::of(&Plugin::mimic(code).with("requirements.txt", requirements))
}

pub(crate) async fn requires(case: &Case, site: &Site<'_>, requirements: &str) -> Failure {
    site.failed(&requiring(case.name, requirements)).await
}

/// A server whose certificate nobody signed but itself.
async fn untrusted(case: &Case, site: &Site<'_>) -> Failure {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a key");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.into()], key)
        .expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serve = async {
        loop {
            let (socket, _) = listener.accept().await.expect("a caller");
            let trusted = acceptor.accept(socket).await;
            assert!(
                trusted.is_err(),
                "somebody trusts a certificate that nobody signed"
            );
        }
    };
    let wheel = format!("secret @ https://127.0.0.1:{port}/secret-1.0-py3-none-any.whl");
    let fails = requires(case, site, &wheel);
    // Cancel-safe: the server has nothing to lose when the build has ended.
    tokio::select! {
        failure = fails => failure,
        () = serve => unreachable!("it serves for ever"),
    }
}

async fn cancelled(case: &Case, site: &Site<'_>) -> Failure {
    let created = site.agent.create(&requiring(case.name, "slow")).await;
    within(
        DEADLINE,
        "the build waits for its package",
        async || match site.shelf.waiting() {
            0 => Err(site.agent.launch(&created.build_id).await.status),
            _ => Ok(()),
        },
    )
    .await;
    let path = format!("builds/{}/", created.build_id);
    let (status, body) = site
        .agent
        .send(site.agent.request(Method::DELETE, &path))
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{body:#}");
    site.ended(&created.build_id).await
}
