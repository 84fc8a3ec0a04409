//! The names that a module has once it was run: bound anywhere but inside functions and classes.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Alias, Expr, ModModule, Stmt};

/// What a module binds.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: BTreeSet<String>,
    /// Whether there may be more: `from x import *`, `__getattr__`, `globals()`.
    pub(crate) is_open: bool,
    /// Whether anything is bound or called that may become an app. Imports alone do nothing.
    pub(crate) does_something: bool,
}

impl Names {
    pub(crate) fn of(module: &ModModule) -> Self {
        let mut names = Self::default();
        names.visit_body(&module.body);
        names
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.is_open || self.names.contains(name)
    }

    fn import(&mut self, alias: &Alias) {
        let name = alias.name.as_str();
        if name == "*" {
            self.is_open = true;
            self.does_something = true;
        }
        let bound = match &alias.asname {
            Some(own) => own.as_str(),
            None => name.split('.').next().unwrap_or_default(),
        };
        self.names.insert(bound.to_owned());
    }

    fn define(&mut self, name: &str) {
        self.does_something = true;
        self.is_open |= name == "__getattr__";
        self.names.insert(name.to_owned());
    }
}

impl<'a> Visitor<'a> for Names {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.define(function.name.as_str()),
            Stmt::ClassDef(class) => self.define(class.name.as_str()),
            Stmt::Import(import) => import.names.iter().for_each(|alias| self.import(alias)),
            Stmt::ImportFrom(import) => {
                // An app may be imported from another file of the plugin.
                self.does_something |= import.level > 0 || is_own(import.module.as_deref());
                import.names.iter().for_each(|alias| self.import(alias));
            }
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx.is_store() => self.define(name.id.as_str()),
            Expr::Name(name) if matches!(name.id.as_str(), "globals" | "exec") => {
                self.is_open = true;
            }
            Expr::Call(_) => self.does_something = true,
            _ => {}
        }
        walk_expr(self, expr);
    }
}

/// Whether a module is more likely the plugin's than an installed one: whatever is not Gradio itself may bring the app.
fn is_own(module: Option<&str>) -> bool {
    module.is_none_or(|module| module.split('.').next() != Some("gradio"))
}

#[cfg(test)]
mod tests {
    use ruff_python_parser::parse_module;

    use super::*;

    fn names(text: &str) -> Names {
        Names::of(parse_module(text).unwrap().syntax())
    }

    #[test]
    fn names_are_bound_in_every_way_a_module_can() {
        for text in [
            "app = 1",
            "a = app = 1",
            "(a, [app, *b]) = f()",
            "app: int = 1",
            "with gr.Blocks() as app:\n    pass",
            "with open(x) as f, gr.Blocks() as app:\n    pass",
            "if x:\n    pass\nelse:\n    app = 1",
            "try:\n    app = 1\nexcept E:\n    pass",
            "for app in x:\n    pass",
            "def app():\n    pass",
            "async def app():\n    pass",
            "class app:\n    pass",
            "import app.inner",
            "import x as app",
            "from .x import app",
            "from x import y as app",
            "from x import *",
            "def __getattr__(name):\n    return 1",
            "globals()['app'] = 1",
            "print(app := 1)",
            "match x:\n    case 1:\n        app = 1",
        ] {
            assert!(names(text).has("app"), "{text}");
        }
    }

    #[test]
    fn names_of_other_scopes_are_not_the_modules() {
        for text in [
            "def build():\n    app = 1",
            "class A:\n    app = 1",
            "print(app)",
            "x.app = 1",
            "from app import demo",
            "import x.app",
            "f(app=1)",
        ] {
            assert!(!names(text).has("app"), "{text}");
        }
    }

    #[test]
    fn a_module_of_imports_alone_does_nothing() {
        for text in [
            "",
            "import gradio as gr",
            "\"\"\"Words.\"\"\"\nfrom gradio import Blocks",
        ] {
            assert!(!names(text).does_something, "{text}");
        }
        for text in [
            "gr.Blocks().launch()",
            "from .ui import *",
            "from web import demo",
            "x = 1",
        ] {
            assert!(names(text).does_something, "{text}");
        }
    }
}
