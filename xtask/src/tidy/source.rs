//! One Rust file: its syntax tree, its comments, and which of its lines hold code.

use alloc::collections::BTreeSet;
use core::ops::Range;
use core::str::FromStr;
use proc_macro2::{TokenStream, TokenTree};
use std::path::Path;

/// A parsed source file.
pub(crate) struct Source {
    /// Relative to the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) ast: syn::File,
    /// Ordinary comments, in order; documentation is not among them.
    pub(crate) comments: Vec<Comment>,
    /// Lines of documentation, in order.
    pub(crate) docs: Vec<Comment>,
    /// Lines, from 1, that hold code: not blank, not only comments or documentation.
    code_lines: BTreeSet<usize>,
}

/// One line of a comment.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Comment {
    /// From 1.
    pub(crate) line: usize,
    /// Without the slashes.
    pub(crate) text: String,
}

impl Source {
    /// Parses a file; the error says what does not parse.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, String> {
        let ast = syn::parse_file(text).map_err(|e| e.to_string())?;
        let tokens = TokenStream::from_str(text).map_err(|e| e.to_string())?;
        let mut places = Vec::new();
        collect_places(text, tokens, &mut places);
        let line_starts: Vec<usize> = core::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let line_of = |at: usize| line_starts.partition_point(|&start| start <= at);
        let mut code_lines = BTreeSet::new();
        let (mut comments, mut docs) = (Vec::new(), Vec::new());
        let mut gap_start = 0;
        for place in places.iter().chain([&(text.len()..text.len())]) {
            if place.start < gap_start {
                continue;
            }
            if place.start > gap_start {
                collect_comments(
                    &text[gap_start..place.start],
                    line_of(gap_start),
                    &mut comments,
                );
            }
            gap_start = place.end;
            if is_documentation(&text[place.clone()]) {
                collect_comments(&text[place.clone()], line_of(place.start), &mut docs);
            } else if !place.is_empty() {
                code_lines.extend(line_of(place.start)..=line_of(place.end - 1));
            }
        }
        Ok(Self {
            path: path.into(),
            ast,
            comments,
            docs,
            code_lines,
        })
    }

    /// Number of lines that hold code.
    pub(crate) fn n_code_lines(&self) -> usize {
        self.code_lines.len()
    }

    /// Number of lines from `first` to `last` that hold code.
    pub(crate) fn n_code_lines_in(&self, first: usize, last: usize) -> usize {
        if first <= last {
            self.code_lines.range(first..=last).count()
        } else {
            0
        }
    }

    /// Whether the file is there for tests only, by its name or its folder.
    pub(crate) fn is_test(&self) -> bool {
        let path = Path::new(&self.path);
        let stem = path.file_stem().unwrap_or_default();
        stem == "tests" || path.components().any(|part| part.as_os_str() == "tests")
    }
}

/// Where the tokens stand. The parser makes several tokens of a piece of documentation, all in
/// its place: `#`, a bracket, and what is in it.
fn collect_places(text: &str, tokens: TokenStream, places: &mut Vec<Range<usize>>) {
    for token in tokens {
        let place = token.span().byte_range();
        match token {
            TokenTree::Group(group) if !is_documentation(&text[place.clone()]) => {
                places.push(group.span_open().byte_range());
                collect_places(text, group.stream(), places);
                places.push(group.span_close().byte_range());
            }
            _ => places.push(place),
        }
    }
}

fn is_documentation(text: &str) -> bool {
    ["///", "//!", "/**", "/*!"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// Finds the comments in a text that holds nothing else but white space.
fn collect_comments(gap: &str, first_line: usize, comments: &mut Vec<Comment>) {
    let mut block_depth = 0;
    for (n, line) in gap.split('\n').enumerate() {
        let line = line.trim();
        let text = match line.strip_prefix("//") {
            Some(text) if block_depth == 0 => text,
            _ if block_depth > 0 || line.starts_with("/*") => {
                block_depth += line.matches("/*").count();
                block_depth = block_depth.saturating_sub(line.matches("*/").count());
                line.trim_matches(['/', '*'])
            }
            _ => continue,
        };
        comments.push(Comment {
            line: first_line + n,
            text: text.trim().into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Comment, Source};

    #[test]
    fn lines_of_code_leave_out_comments_documentation_and_blanks() {
        let text = "//! Docs.\n\n/// More.\nfn f() { // why\n    /* a\n    b */\n    let s = \"//\n\n\";\n}\n";
        let source = Source::parse("f.rs", text).expect("it parses");
        assert_eq!(source.n_code_lines(), 5);
        assert_eq!(source.n_code_lines_in(4, 7), 2);
        let comment = |line, text: &str| Comment {
            line,
            text: text.into(),
        };
        assert_eq!(
            source.comments,
            [comment(4, "why"), comment(5, "a"), comment(6, "b")]
        );
        assert_eq!(source.docs, [comment(1, "! Docs."), comment(3, "/ More.")]);
    }

    #[test]
    fn tests_are_known_by_their_place() {
        let is_test = |path: &str| Source::parse(path, "").expect("it parses").is_test();
        assert!(is_test("crates/a/src/b/tests.rs") && is_test("crates/a/tests/it/main.rs"));
        assert!(!is_test("crates/a/src/testing.rs"));
    }
}
