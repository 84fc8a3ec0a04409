//! Environment markers (PEP 508), evaluated for Linux and `CPython`.
//!
//! Written by hand although the requirement parser has them: that one keeps every marker it ever saw in memory, and
//! turns a short hostile one into an exponential diagram.

use std::str::FromStr;

use pep508_rs::pep440_rs::{Version, VersionSpecifier};

/// A parsed marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker(Option<Box<Node>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Or(Node2),
    And(Node2),
    Compare(Value, String, Value),
}

type Node2 = Vec<Node>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Variable(String),
    Text(String),
}

/// Deepest nesting of parentheses; real markers have one or two.
const DEEPEST: usize = 8;
const OPERATORS: [&str; 8] = ["===", "<=", ">=", "!=", "==", "~=", "<", ">"];
const VERSIONS: [&str; 3] = [
    "python_version",
    "python_full_version",
    "implementation_version",
];
const VARIABLES: [&str; 9] = [
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "implementation_name",
    "extra",
];

impl Marker {
    /// The marker of a line that has none.
    pub fn always() -> Self {
        Self(None)
    }

    /// Reads what follows the `;`. `None` for a mistake.
    pub fn parse(text: &str) -> Option<Self> {
        let mut tokens = Tokens { rest: text };
        let node = or(&mut tokens, 0)?;
        tokens
            .rest
            .trim()
            .is_empty()
            .then_some(Self(Some(Box::new(node))))
    }

    /// Whether it holds for this Python (a full version, where known). `None` where that cannot be said.
    pub fn holds(&self, python: Option<&str>) -> Option<bool> {
        self.0
            .as_deref()
            .map_or(Some(true), |node| node.holds(python))
    }
}

impl Node {
    fn holds(&self, python: Option<&str>) -> Option<bool> {
        let all = |nodes: &[Self], stop: bool| {
            let mut known = true;
            for node in nodes {
                match node.holds(python) {
                    Some(value) if value == stop => return Some(stop),
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(!stop)
        };
        match self {
            Self::Or(nodes) => all(nodes, true),
            Self::And(nodes) => all(nodes, false),
            Self::Compare(left, operator, right) => compare(left, operator, right, python),
        }
    }
}

fn compare(left: &Value, operator: &str, right: &Value, python: Option<&str>) -> Option<bool> {
    let is_version =
        |value: &Value| matches!(value, Value::Variable(name) if VERSIONS.contains(&name.as_str()));
    let (one, two) = (left.text(python)?, right.text(python)?);
    match operator {
        "in" => Some(two.contains(&one)),
        "not in" => Some(!two.contains(&one)),
        _ if is_version(left) => fits(&one, operator, &two),
        _ if is_version(right) => fits(&two, mirrored(operator), &one),
        "==" | "===" => Some(one == two),
        "!=" => Some(one != two),
        _ => None,
    }
}

fn fits(version: &str, operator: &str, bound: &str) -> Option<bool> {
    let specifier = VersionSpecifier::from_str(&format!("{operator}{bound}")).ok()?;
    Some(specifier.contains(&Version::from_str(version).ok()?))
}

fn mirrored(operator: &str) -> &str {
    match operator {
        "<" => ">",
        ">" => "<",
        "<=" => ">=",
        ">=" => "<=",
        other => other,
    }
}

impl Value {
    /// The value in a Linux container; what depends on the machine is not known here.
    fn text(&self, python: Option<&str>) -> Option<String> {
        let name = match self {
            Self::Text(text) => return Some(text.clone()),
            Self::Variable(name) => name.as_str(),
        };
        Some(match name {
            "python_full_version" | "implementation_version" => python?.to_owned(),
            "python_version" => python?.split('.').take(2).collect::<Vec<_>>().join("."),
            "os_name" => "posix".to_owned(),
            "sys_platform" => "linux".to_owned(),
            "platform_system" => "Linux".to_owned(),
            "platform_python_implementation" => "CPython".to_owned(),
            "implementation_name" => "cpython".to_owned(),
            "extra" => String::new(),
            _ => return None,
        })
    }
}

fn or(tokens: &mut Tokens<'_>, depth: usize) -> Option<Node> {
    let mut nodes = vec![and(tokens, depth)?];
    while tokens.word("or") {
        nodes.push(and(tokens, depth)?);
    }
    Some(Node::Or(nodes))
}

fn and(tokens: &mut Tokens<'_>, depth: usize) -> Option<Node> {
    let mut nodes = vec![atom(tokens, depth)?];
    while tokens.word("and") {
        nodes.push(atom(tokens, depth)?);
    }
    Some(Node::And(nodes))
}

fn atom(tokens: &mut Tokens<'_>, depth: usize) -> Option<Node> {
    if tokens.symbol("(") {
        let inner = if depth < DEEPEST {
            or(tokens, depth + 1)?
        } else {
            return None;
        };
        return tokens.symbol(")").then_some(inner);
    }
    let left = tokens.value()?;
    let operator = tokens.operator()?;
    Some(Node::Compare(left, operator, tokens.value()?))
}

struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn symbol(&mut self, symbol: &str) -> bool {
        let rest = self.rest.trim_start().strip_prefix(symbol);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.peek_word() == word;
        if found {
            self.rest = &self.rest.trim_start()[word.len()..];
        }
        found
    }

    fn peek_word(&self) -> &'a str {
        let text = self.rest.trim_start();
        let end = text
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(text.len());
        &text[..end]
    }

    fn operator(&mut self) -> Option<String> {
        if self.word("in") {
            return Some("in".to_owned());
        }
        if self.word("not") {
            return self.word("in").then(|| "not in".to_owned());
        }
        OPERATORS
            .iter()
            .find(|operator| self.symbol(operator))
            .map(|operator| (*operator).to_owned())
    }

    fn value(&mut self) -> Option<Value> {
        for quote in ["'", "\""] {
            if self.symbol(quote) {
                let (text, rest) = self.rest.split_once(quote)?;
                self.rest = rest;
                return Some(Value::Text(text.to_owned()));
            }
        }
        let name = self.peek_word();
        if !VERSIONS.contains(&name) && !VARIABLES.contains(&name) {
            return None;
        }
        self.word(name);
        Some(Value::Variable(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> Option<bool> {
        Marker::parse(text).unwrap().holds(Some("3.12.7"))
    }

    #[test]
    fn markers_are_evaluated_for_the_images_python() {
        assert_eq!(holds("python_version >= '3.10'"), Some(true));
        assert_eq!(holds("python_version < '3.9'"), Some(false));
        assert_eq!(holds("'3.9' < python_version"), Some(true));
        assert_eq!(holds("python_full_version == '3.12.*'"), Some(true));
        assert_eq!(
            holds("sys_platform == 'win32' or (os_name == 'posix' and python_version == '3.12')"),
            Some(true)
        );
        assert_eq!(holds("platform_system != \"Linux\""), Some(false));
        assert_eq!(holds("sys_platform in 'linux linux2'"), Some(true));
        assert_eq!(holds("sys_platform not in 'win32 darwin'"), Some(true));
        assert_eq!(holds("extra == 'dev'"), Some(false));
        assert_eq!(holds("platform_machine == 'x86_64'"), None);
        assert_eq!(
            holds("platform_machine == 'x86_64' and sys_platform == 'win32'"),
            Some(false)
        );
        assert_eq!(
            Marker::parse("python_version > '3'").unwrap().holds(None),
            None
        );
    }

    #[test]
    fn mistakes_are_no_markers() {
        for text in [
            "",
            "python_version",
            "a == 'b'",
            "os_name == ",
            "os_name = 'x'",
            "(os_name == 'x'",
            "os_name == 'x' or",
            "os_name == 'x",
        ] {
            assert!(Marker::parse(text).is_none(), "{text}");
        }
        assert!(Marker::parse(&"(".repeat(10_000)).is_none());
    }
}
