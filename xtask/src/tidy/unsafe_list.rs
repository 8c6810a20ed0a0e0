//! Files that allow unsafe code and docs/UNSAFE.md name each other.

use super::{Finding, Source, UNSAFE_LIST};
use syn::Meta;

/// Compares the files that allow unsafe code with the list.
pub(super) fn check(sources: &[Source], list: &str) -> Vec<Finding> {
    let listed: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    let mut findings = Vec::new();
    for source in sources {
        let listed = listed.contains(&source.path.as_str());
        match (allows_unsafe(source), listed) {
            (true, false) => {
                let message = format!("allows unsafe code without an entry in {UNSAFE_LIST}");
                findings.push(Finding::new("unsafe", &source.path, 0, message));
            }
            (false, true) => {
                let message = format!("`{}` is listed and allows no unsafe code", source.path);
                findings.push(Finding::new("unsafe", UNSAFE_LIST, 0, message));
            }
            _ => {}
        }
    }
    findings
}

fn allows_unsafe(source: &Source) -> bool {
    source
        .ast
        .attrs
        .iter()
        .any(|attribute| match &attribute.meta {
            Meta::List(list) => {
                let softens = list.path.is_ident("allow") || list.path.is_ident("expect");
                softens && list.tokens.to_string().contains("unsafe_code")
            }
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::source;

    #[test]
    fn the_list_and_the_code_agree() {
        let list = "| File | What |\n|---|---|\n| `a.rs` | an allocator |\n";
        let unsafe_file = |path: &str| source(path, "#![allow(unsafe_code, reason = \"ffi\")]");
        assert_eq!(check(&[unsafe_file("a.rs"), source("b.rs", "")], list), []);
        assert_eq!(
            check(&[unsafe_file("a.rs"), unsafe_file("b.rs")], list).len(),
            1
        );
        assert_eq!(check(&[source("a.rs", "")], list).len(), 1);
    }
}
