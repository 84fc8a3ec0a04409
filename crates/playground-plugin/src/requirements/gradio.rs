//! Which Gradio is meant. Old majors break with the newest releases of what they depend on, so their dependencies are
//! taken as of a date at which they still worked.

use pep508_rs::pep440_rs::{Operator, VersionSpecifier};

use super::Requirements;
use super::line::{Line, Package};

const NAME: &str = "gradio";
/// Shortly after the last 3.x; a later Starlette answers every request with an error.
const LAST_DAY_OF_3: &str = "2023-12-15";
/// Shortly after the last 4.x; a later `huggingface_hub` has lost a name it imports.
const LAST_DAY_OF_4: &str = "2024-10-15";

impl Requirements {
    /// Whether Gradio is among the named packages.
    pub fn names_gradio(&self) -> bool {
        self.gradio().next().is_some()
    }

    /// The day the resolver must not look beyond, when Gradio is held below 5.
    pub fn exclude_newer(&self) -> Option<&'static str> {
        let newest = self
            .gradio()
            .flat_map(|gradio| gradio.versions.iter())
            .filter_map(newest_major)
            .min()?;
        match newest {
            0..=3 => Some(LAST_DAY_OF_3),
            4 => Some(LAST_DAY_OF_4),
            _ => None,
        }
    }

    fn gradio(&self) -> impl Iterator<Item = &Package> {
        self.lines.iter().filter_map(|line| match &line.line {
            Line::Package(package) if package.name.as_ref() == NAME => Some(package),
            _ => None,
        })
    }
}

/// The newest major this specifier lets in, where it bounds it at all.
fn newest_major(specifier: &VersionSpecifier) -> Option<u64> {
    let release = specifier.version().release();
    let (major, rest) = release.split_first()?;
    match specifier.operator() {
        Operator::Equal
        | Operator::EqualStar
        | Operator::ExactEqual
        | Operator::TildeEqual
        | Operator::LessThanEqual => Some(*major),
        Operator::LessThan if rest.iter().all(|part| *part == 0) => Some(major.saturating_sub(1)),
        Operator::LessThan => Some(*major),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_majors_get_their_date() {
        for (text, want) in [
            ("gradio==3.50.2", Some(LAST_DAY_OF_3)),
            ("gradio<4", Some(LAST_DAY_OF_3)),
            ("gradio~=3.40", Some(LAST_DAY_OF_3)),
            ("gradio==4.*", Some(LAST_DAY_OF_4)),
            ("gradio>=4,<5.0", Some(LAST_DAY_OF_4)),
            ("gradio<=4.44.1", Some(LAST_DAY_OF_4)),
            ("gradio>=3.50", None),
            ("gradio<5.1", None),
            ("gradio==5.50.0", None),
            ("gradio", None),
            ("numpy<2", None),
        ] {
            assert_eq!(Requirements::parse(text).exclude_newer(), want, "{text}");
        }
    }
}
