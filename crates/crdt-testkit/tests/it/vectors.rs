//! The reference agrees with every shared conformance vector.

use crdt_testkit::data::conformance_dir;
use crdt_testkit::{Reference, TraceLines};

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn the_reference_passes_every_vector() {
    let Some(dir) = conformance_dir() else {
        eprintln!("skipped: no conformance vectors ($CRDT_CONFORMANCE or ../shared/conformance)");
        return;
    };
    let mut n_vectors = 0;
    for entry in std::fs::read_dir(dir).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        if !path.to_string_lossy().ends_with(".jsonl.gz") {
            continue;
        }
        for (line, trace) in TraceLines::open(&path).expect("the file is readable") {
            let trace = trace.unwrap_or_else(|e| panic!("{}:{line}: {e}", path.display()));
            let text = Reference::from_trace(&trace).text();
            assert_eq!(
                Some(&text),
                trace.end_content.as_ref(),
                "{}:{line}",
                path.display()
            );
            n_vectors += 1;
        }
    }
    assert!(n_vectors >= 940, "only {n_vectors} vectors in the folder");
}
