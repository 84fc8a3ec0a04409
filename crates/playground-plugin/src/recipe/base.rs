//! The image plugins are built on.

use std::collections::BTreeMap;

use crate::PluginFacts;
use crate::requirements::Requirements;

const GRADIO: &str = "gradio";

/// The operator's base image, as far as its labels tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BaseImage {
    /// The name in `FROM`, from the operator's settings only.
    pub reference: String,
    /// The engine's id of the image, so that another image under the same name is another recipe.
    pub id: String,
    /// What is installed in it: normalised name -> version. Empty where the image does not say.
    pub packages: BTreeMap<String, String>,
    /// Its full Python version, where it says.
    pub python: Option<String>,
}

impl BaseImage {
    /// Whether nothing is to be installed for this plugin.
    pub(crate) fn satisfies(&self, facts: &PluginFacts) -> bool {
        let requirements = Requirements::parse(&facts.requirements);
        self.has_gradio() && requirements.satisfied_by(&self.packages, self.python.as_deref())
    }

    pub(crate) fn has_gradio(&self) -> bool {
        self.packages.contains_key(GRADIO)
    }

    /// The reference without any character that no reference has: a slip in a settings file becomes an image that is
    /// not found, never another instruction.
    pub(crate) fn safe_reference(&self) -> String {
        let legal = |c: &char| c.is_ascii_alphanumeric() || "._:/@-".contains(*c);
        self.reference.trim().chars().filter(legal).collect()
    }
}
