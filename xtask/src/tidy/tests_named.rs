//! Claims that name their test: `path/to/file.rs::name_of_the_test` in a document must exist.

use super::Finding;

/// The documents whose claims are read.
pub(super) const DOCUMENTS: [&str; 2] = ["SECURITY.md", "docs/design/trust.md"];

/// Compares what a document names with what there is; `read` returns the source at a path.
pub(super) fn check(
    document: &str,
    text: &str,
    read: impl Fn(&str) -> Option<String>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        for (path, name) in named_tests(content) {
            let source = read(path);
            let exists = source.is_some_and(|source| source.contains(&format!("fn {name}(")));
            if !exists {
                let message = format!("there is no test `{name}` in {path}");
                findings.push(Finding::new("tests-named", document, line, message));
            }
        }
    }
    findings
}

/// The code spans of a line that name a test.
fn named_tests(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let spans = line.split('`').skip(1).step_by(2);
    spans.filter_map(|span| {
        let (path, name) = span.split_once("::")?;
        path.ends_with(".rs").then_some((path, name))
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::lines;

    #[test]
    fn a_test_that_is_named_exists() {
        let read = |path: &str| (path == "a/b.rs").then(|| "#[test]\nfn holds() {}\n".to_owned());
        let text = "See `a/b.rs::holds`, `not::a_test` and `plain`.";
        assert_eq!(check("doc.md", text, read), []);
        let text = "fine\n`a/b.rs::hold`\n`a/c.rs::holds` `a/b.rs::holds`\n";
        assert_eq!(lines(&check("doc.md", text, read)), [2, 3]);
    }
}
