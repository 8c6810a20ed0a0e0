//! Numbers to discuss in review; none of them fails the command.

use super::comments::is_note;
use super::public_items::{is_private_use, public_items};
use super::sizes::functions;
use super::source::Source;
use alloc::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{ExprMethodCall, ItemFn, ItemMod};

/// Code lines above which a file is worth a look.
const LONG_FILE_LINES: usize = 400;

/// Prints the table.
pub(super) fn print(sources: &[Source]) {
    println!("signals, for review:");
    println!(
        "  {:<16}{:>8}{:>8}{:>7}{:>8}{:>12}{:>7}",
        "crate", "code", "tests", "ratio", "unwraps", "no O(..)", "notes"
    );
    for (name, row) in rows(sources) {
        let ratio = row.test_lines as f64 / row.code_lines.max(1) as f64;
        println!(
            "  {name:<16}{:>8}{:>8}{ratio:>7.2}{:>8}{:>12}{:>7}",
            row.code_lines, row.test_lines, row.n_unwraps, row.n_without_cost, row.n_notes
        );
    }
    for source in sources
        .iter()
        .filter(|source| source.n_code_lines() > LONG_FILE_LINES)
    {
        println!(
            "  long file: {} ({} lines of code)",
            source.path,
            source.n_code_lines()
        );
    }
    for source in sources {
        for function in functions(source).iter().filter(|function| function.excused) {
            println!(
                "  long function: {}:{} `{}` ({} lines of code)",
                source.path, function.line, function.name, function.n_lines
            );
        }
    }
}

/// What is counted for one crate.
#[derive(Debug, Default, Eq, PartialEq)]
struct Row {
    /// Outside files and modules of tests.
    code_lines: usize,
    test_lines: usize,
    /// Calls of `unwrap` and `expect` outside tests.
    n_unwraps: usize,
    /// Public functions whose documentation does not say what they cost.
    n_without_cost: usize,
    /// Tracked things to do.
    n_notes: usize,
}

fn rows(sources: &[Source]) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for source in sources {
        let row = rows.entry(crate_of(&source.path)).or_default();
        let mut finder = Finder {
            source,
            n_unwraps: 0,
            test_lines: 0,
        };
        finder.visit_file(&source.ast);
        if source.is_test() {
            row.test_lines += source.n_code_lines();
            continue;
        }
        row.code_lines += source.n_code_lines() - finder.test_lines;
        row.test_lines += finder.test_lines;
        row.n_unwraps += finder.n_unwraps;
        row.n_notes += source
            .comments
            .iter()
            .filter(|comment| is_note(&comment.text))
            .count();
        let silent = |docs: &[String]| !docs.iter().any(|line| line.contains("O("));
        let items = public_items(&source.ast.items);
        row.n_without_cost += items.iter().filter(|i| i.is_fn && silent(&i.docs)).count();
    }
    rows
}

/// `crates/crdt-core/src/lib.rs` belongs to `crdt-core`, `xtask/src/main.rs` to `xtask`.
fn crate_of(path: &str) -> String {
    let inside = path.strip_prefix("crates/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).into()
}

struct Finder<'a> {
    source: &'a Source,
    n_unwraps: usize,
    test_lines: usize,
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        match &module.content {
            Some((braces, _)) if is_private_use(&module.attrs) => {
                let first = braces.span.open().start().line;
                let last = braces.span.close().end().line;
                self.test_lines += self.source.n_code_lines_in(first, last);
            }
            _ => visit::visit_item_mod(self, module),
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if !is_private_use(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "unwrap" || call.method == "expect" {
            self.n_unwraps += 1;
        }
        visit::visit_expr_method_call(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::{Row, rows};
    use crate::tidy::fixture::source;

    #[test]
    fn tests_are_counted_apart() {
        let text = "\
//! Docs.
/// Is O(1).
pub fn a() {
    b().unwrap();
}
/// Says nothing of its cost.
pub fn c() {}
// TODO(#1): more
#[cfg(test)]
mod tests {
    fn d() {
        b().unwrap();
    }
}
";
        let sources = [
            source("crates/crdt-x/src/lib.rs", text),
            source("crates/crdt-x/tests/it/main.rs", "fn e() {}"),
        ];
        let row = Row {
            code_lines: 5,
            test_lines: 6,
            n_unwraps: 1,
            n_without_cost: 1,
            n_notes: 1,
        };
        assert_eq!(
            rows(&sources).into_iter().collect::<Vec<_>>(),
            [("crdt-x".into(), row)]
        );
    }
}
