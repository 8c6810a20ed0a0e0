//! Comments that are code, and notes of things to do that no issue tracks.

use super::Finding;
use super::source::{Comment, Source};
use syn::{Block, Expr, Stmt};

/// Complains about commented-out code and about untracked things to do.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for run in runs(&source.comments) {
        if let Some(comment) = first_code(run) {
            let message = "this comment is code: remove it, git remembers";
            findings.push(Finding::new(
                "commented-code",
                &source.path,
                comment.line,
                message,
            ));
        }
    }
    let notes = source.comments.iter().chain(&source.docs);
    for comment in notes.filter(|comment| is_note(&comment.text) && !comment.text.contains("(#")) {
        let message = "a thing to do needs an issue number, as in `(#12)`";
        findings.push(Finding::new("todo", &source.path, comment.line, message));
    }
    findings
}

/// Whether `comment` notes a thing to do.
pub(super) fn is_note(comment: &str) -> bool {
    let mut words = comment.split(|ch: char| !ch.is_alphanumeric());
    words.any(|word| ["TODO", "FIXME", "XXX", "HACK"].contains(&word))
}

/// Stretches of comments on consecutive lines.
fn runs(comments: &[Comment]) -> impl Iterator<Item = &[Comment]> {
    comments.chunk_by(|a, b| a.line + 1 == b.line)
}

fn first_code(run: &[Comment]) -> Option<&Comment> {
    if let Some(line) = run.iter().find(|comment| is_code(&comment.text)) {
        return Some(line);
    }
    let all: Vec<&str> = run.iter().map(|comment| comment.text.as_str()).collect();
    is_code(all.join("\n").trim()).then(|| &run[0])
}

/// Whether `text` parses as statements and ends as statements do. Prose hardly ever does both.
fn is_code(text: &str) -> bool {
    if !text.ends_with([';', '}']) {
        return false;
    }
    let block = syn::parse_str::<Block>(&format!("{{\n{text}\n}}"));
    let says_something =
        |statement: &Stmt| !matches!(statement, Stmt::Expr(Expr::Path(_) | Expr::Lit(_), _));
    block.is_ok_and(|block| block.stmts.iter().any(says_something))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::{lines, source};

    #[test]
    fn commented_out_code_is_found() {
        for text in [
            "// let x = 5;",
            "// self.len += 1;",
            "// foo(bar);",
            "//fn f() {\n//    g()\n// }",
            "/* use a::b; */",
            "// if a {\n//   b();\n// }",
            "/*\nstruct S {\n  x: u8,\n}\n*/",
        ] {
            assert_eq!(lines(&check(&source("a.rs", text))).len(), 1, "{text}");
        }
    }

    #[test]
    fn prose_is_left_alone() {
        let text = "\
// The left one goes first; the right one waits;
// done;
// `x` is (a) small, (b) even.
/// let x = 5;
const S: &str = \"// let x = 5;\";
// SAFETY: `p` is valid.
";
        assert_eq!(check(&source("a.rs", text)), []);
    }

    #[test]
    fn a_thing_to_do_needs_an_issue() {
        let text = "\
// TODO: later
/// FIXME some day
// TODO(#7): soon
const S: &str = \"TODO\";
const T: &str = \"https://TODO\"; // XXX and why
// a todo list
";
        assert_eq!(lines(&check(&source("a.rs", text))), [1, 5, 2]);
    }
}
