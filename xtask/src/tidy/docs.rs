//! Every file says what it is, and every public name what it means.

use super::Finding;
use super::public_items::{docs_of, public_items};
use super::source::Source;

/// Complains about files without `//!` and public items without `///`.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    if docs_of(&source.ast.attrs).is_empty() {
        findings.push(Finding::new(
            "module-docs",
            &source.path,
            1,
            "the file has no `//!`",
        ));
    }
    // What a test makes public is public to other tests only.
    let items = if source.is_test() {
        Vec::new()
    } else {
        public_items(&source.ast.items)
    };
    for item in items {
        if item.docs.is_empty() {
            let message = format!("`{}` is public and undocumented", item.name);
            findings.push(Finding::new("docs", &source.path, item.line, message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::fixture::{lines, source};

    #[test]
    fn each_kind_of_public_item_needs_documentation() {
        let text = "//! Docs.
pub fn a() {}
pub struct B {
    pub c: u8,
    d: u8,
}
pub enum E {
    F {
        g: u8,
    },
}
pub trait T {
    fn h();
    const I: u8;
}
impl B {
    pub fn j() {}
    fn k() {}
}
pub const L: u8 = 0;
pub mod m {
    pub type N = u8;
}
";
        let expected = [2, 3, 4, 7, 8, 9, 12, 13, 14, 17, 20, 21, 22];
        assert_eq!(lines(&check(&source("a.rs", text))), expected);
    }

    #[test]
    fn documented_hidden_private_and_test_items_pass() {
        let text = "#![doc = include_str!(\"../README.md\")]
/// Docs.
pub fn a() {}
#[doc(hidden)]
pub fn b() {}
pub(crate) fn c() {}
#[cfg(test)]
mod tests { pub fn d() {} }
mod sealed { pub trait Sealed { fn e(); } }
impl Clone for S { fn clone(&self) -> S { S } }
";
        assert_eq!(check(&source("a.rs", text)), []);
    }

    #[test]
    fn what_tests_share_among_themselves_is_not_an_interface() {
        let text = "//! Docs.\npub fn a() {}\n";
        assert_eq!(check(&source("crates/a/tests/it/support.rs", text)), []);
    }

    #[test]
    fn a_file_needs_inner_documentation() {
        assert_eq!(lines(&check(&source("a.rs", "/// Docs.\nfn f() {}"))), [1]);
    }
}
