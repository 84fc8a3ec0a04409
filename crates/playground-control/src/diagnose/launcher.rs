//! From what the launcher said last (images/launcher/README.md) to a cause.

use playground_types::Cause;
use playground_types::failure::Place;

use super::{Event, signs};

impl Event {
    /// What the launcher's `error` event tells, where its reason is one of those known here.
    pub(super) fn cause(&self) -> Option<Cause> {
        // What is behind an exception says more than the exception, wherever it was raised.
        let texts = self.detail.iter().chain(&self.causes);
        if let Some(cause) = signs::read(texts.map(String::as_str)) {
            return Some(cause);
        }
        let text = || self.detail.clone();
        Some(match self.reason.as_deref()? {
            "bad_entrypoint" => Cause::BadEntrypoint {
                entrypoint: self.entrypoint.clone()?,
            },
            "entrypoint_not_found" => Cause::EntrypointMissing {
                entrypoint: self.entrypoint.clone()?,
                found: self.found.clone()?,
            },
            "nothing_launchable" => Cause::NothingToServe {
                file: self.file.clone()?,
            },
            "factory_gave_no_app" => Cause::FactoryGaveNoApp {
                name: self.function.clone()?,
                returned: self.returned.clone()?,
            },
            "launch_failed" => Cause::LaunchFailed { text: text()? },
            "plugin_exited" => Cause::EndedItself { status: text()? },
            "missing_dependency" => {
                let module = self.module.clone()?;
                let package = self.package.clone().unwrap_or_else(|| top(&module));
                Cause::MissingModule { module, package }
            }
            "missing_module" => Cause::MissingOwnModule {
                module: self.module.clone()?,
            },
            "missing_system_library" => Cause::MissingLibrary {
                library: self.library.clone()?,
            },
            "import_error" => Cause::BadImport {
                module: self.module.clone(),
                text: text()?,
            },
            "missing_env" => Cause::MissingEnv {
                name: self.variable.clone()?,
            },
            "syntax_error" => Cause::SyntaxError {
                place: self.place(),
                text: text()?,
            },
            "file_not_found" => Cause::MissingFile { text: text()? },
            "not_writable" => Cause::Permission { text: text()? },
            "network_unreachable" => Cause::PluginOffline { text: text()? },
            "out_of_memory" => Cause::MemoryRefused,
            "plugin_raised" => Cause::Raised {
                exception: self.exception.clone()?,
                place: self.place(),
                text: text()?,
            },
            _ => return None,
        })
    }

    fn place(&self) -> Option<Place> {
        self.file.clone().map(|file| Place {
            file,
            line: self.line,
        })
    }
}

fn top(module: &str) -> String {
    module.split('.').next().unwrap_or(module).to_owned()
}
