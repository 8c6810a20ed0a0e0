//! Files and functions that do not fit a head.

use super::Finding;
use super::source::Source;
use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Ident, ImplItemFn, ItemFn, TraitItemFn};

/// Code lines that a file may have; more need a reason in the allow-list.
pub(super) const MAX_FILE_LINES: usize = 600;

/// Code lines that a function's body may have; more need an `#[expect]` with a reason.
const MAX_FN_LINES: usize = 70;

/// Complains about oversized files and functions.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let n_lines = source.n_code_lines();
    if n_lines > MAX_FILE_LINES {
        let message = format!("{n_lines} lines of code, more than {MAX_FILE_LINES}");
        findings.push(Finding::new("file-size", &source.path, 0, message));
    }
    for function in functions(source) {
        if function.n_lines > MAX_FN_LINES && !function.excused {
            let (name, n_lines) = (&function.name, function.n_lines);
            let message = format!("`{name}` has {n_lines} lines of code, more than {MAX_FN_LINES}");
            findings.push(Finding::new(
                "fn-size",
                &source.path,
                function.line,
                message,
            ));
        }
    }
    findings
}

/// A function with a body.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) n_lines: usize,
    /// An `#[expect(clippy::too_many_lines, reason = "..")]` stands on it.
    pub(super) excused: bool,
}

/// All functions of a file.
pub(super) fn functions(source: &Source) -> Vec<Function> {
    let mut finder = Finder {
        source,
        found: Vec::new(),
    };
    finder.visit_file(&source.ast);
    finder.found
}

struct Finder<'a> {
    source: &'a Source,
    found: Vec<Function>,
}

impl Finder<'_> {
    fn add(&mut self, name: &Ident, attributes: &[Attribute], body: &Block) {
        let line_of = |span: Span| span.start().line;
        let braces = body.brace_token.span;
        let (first, last) = (line_of(braces.open()), line_of(braces.close()));
        self.found.push(Function {
            name: name.to_string(),
            line: line_of(name.span()),
            n_lines: self
                .source
                .n_code_lines_in(first + 1, last.saturating_sub(1)),
            excused: attributes.iter().any(is_excuse),
        });
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.sig.ident, &function.attrs, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&function.sig.ident, &function.attrs, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig.ident, &function.attrs, body);
        }
        visit::visit_trait_item_fn(self, function);
    }
}

fn is_excuse(attribute: &Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else {
        return false;
    };
    let tokens = list.tokens.to_string();
    list.path.is_ident("expect") && tokens.contains("too_many_lines") && tokens.contains("reason")
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::{lines, source};

    #[test]
    fn a_long_file_is_refused() {
        let text = |n: usize| "use a::b;\n// why\n\n".repeat(n);
        assert_eq!(check(&source("a.rs", &text(600))), []);
        assert_eq!(lines(&check(&source("a.rs", &text(601)))), [0]);
    }

    #[test]
    fn a_long_function_needs_an_excuse_with_a_reason() {
        let body = |n: usize| format!("fn f() {{\n{}}}\n", "    g();\n    // why\n".repeat(n));
        assert_eq!(check(&source("a.rs", &body(70))), []);
        assert_eq!(lines(&check(&source("a.rs", &body(71)))), [1]);
        let in_impl = format!("impl S {{\n{}}}", body(71));
        assert_eq!(lines(&check(&source("a.rs", &in_impl))), [2]);
        let excuse = "#[expect(clippy::too_many_lines, reason = \"a table\")]\n";
        assert_eq!(check(&source("a.rs", &format!("{excuse}{}", body(71)))), []);
        let bare = "#[expect(clippy::too_many_lines)]\n";
        assert_eq!(
            lines(&check(&source("a.rs", &format!("{bare}{}", body(71))))),
            [2]
        );
    }
}
