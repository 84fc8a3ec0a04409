//! YAML values of whatever type -> the text we want, or nothing.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::{Location, Spanned};

use crate::Place;

/// The action that makes a plugin a Playground plugin.
const GRADIO: &str = "gradio";

/// Text for people; other types become `None`.
#[derive(Debug, Default)]
pub(crate) struct Loose(pub(crate) Option<String>);

/// Text with its place.
#[derive(Debug, Default)]
pub(crate) struct Spotted {
    pub(crate) text: Option<String>,
    at: Option<Location>,
}

impl Spotted {
    /// Where it stands; the file's first line where it is not there.
    pub(crate) fn place(&self, file: &str) -> Place {
        let whole = Place::file(file);
        match self.at {
            Some(at) => whole.line(at.line()).column(at.column()),
            None => whole.line(1),
        }
    }
}

impl<'de> Deserialize<'de> for Spotted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Option::<Spanned<Option<String>>>::deserialize(deserializer)?;
        Ok(spanned.map_or_else(Self::default, |spanned| Self {
            at: Some(spanned.referenced),
            text: filled(spanned.value),
        }))
    }
}

/// The `requires` block.
#[derive(Debug, Default)]
pub(crate) struct Requires {
    pub(crate) python: Option<String>,
}

/// The `actions` block: a map from name to action, or a list of actions with a name.
#[derive(Debug, Default)]
pub(crate) struct Actions {
    pub(crate) has_gradio: bool,
    pub(crate) entrypoint: Spotted,
}

/// One action: a map with an entrypoint, or just the entrypoint. Unlike [`Loose`], an entrypoint that is a list is an
/// error: it would be the wrong app that starts.
#[derive(Debug, Default)]
struct Action {
    name: Option<String>,
    entrypoint: Spotted,
}

/// Text that says something.
pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// What a visitor of any value makes of the values it has no use for.
macro_rules! ignore {
    ($($kind:ident($value:ty)),*) => {$(
        fn $kind<E>(self, _: $value) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    )*};
    (all_but_text) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
            inner.deserialize_any(self)
        }
        ignore!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64));
    };
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

macro_rules! visited_by {
    ($($name:ty => $visitor:ident),*) => {$(
        struct $visitor;
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any($visitor)
            }
        }
    )*};
}
visited_by!(Loose => LooseVisitor, Requires => RequiresVisitor, Actions => ActionsVisitor, Action => ActionVisitor);

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;
    ignore!(all_but_text);
    ignore!(seq);
    ignore!(map);

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose(filled(Some(text.to_owned()))))
    }
}

impl<'de> Visitor<'de> for RequiresVisitor {
    type Value = Requires;
    ignore!(all_but_text);
    ignore!(seq);
    ignore!(visit_str(&str));

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Requires, A::Error> {
        let mut requires = Requires::default();
        while let Some(key) = map.next_key::<Loose>()? {
            match key.0.as_deref() {
                Some("python") => requires.python = filled(map.next_value()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(requires)
    }
}

impl<'de> Visitor<'de> for ActionVisitor {
    type Value = Action;
    ignore!(all_but_text);
    ignore!(seq);

    fn visit_str<E>(self, text: &str) -> Result<Action, E> {
        Ok(Action {
            name: None,
            entrypoint: Spotted {
                text: filled(Some(text.to_owned())),
                at: None,
            },
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Action, A::Error> {
        let mut action = Action::default();
        while let Some(key) = map.next_key::<Loose>()? {
            match key.0.as_deref() {
                Some("entrypoint") => action.entrypoint = map.next_value()?,
                Some("name") => action.name = map.next_value::<Loose>()?.0,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(action)
    }
}

impl Actions {
    fn take(&mut self, name: Option<&str>, action: Spanned<Action>) {
        if name == Some(GRADIO) {
            self.has_gradio = true;
            self.entrypoint = action.value.entrypoint;
            self.entrypoint.at.get_or_insert(action.referenced);
        }
    }
}

impl<'de> Visitor<'de> for ActionsVisitor {
    type Value = Actions;
    ignore!(all_but_text);
    ignore!(visit_str(&str));

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Actions, A::Error> {
        let mut actions = Actions::default();
        while let Some(name) = map.next_key::<Loose>()? {
            actions.take(name.0.as_deref(), map.next_value()?);
        }
        Ok(actions)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Actions, A::Error> {
        let mut actions = Actions::default();
        while let Some(mut action) = seq.next_element::<Spanned<Action>>()? {
            let name = action.value.name.take();
            actions.take(name.as_deref(), action);
        }
        Ok(actions)
    }
}
