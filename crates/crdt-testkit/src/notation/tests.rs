//! What is printed reads back; what is not the notation is refused.

use crate::generate::{HistoryConfig, history};
use crate::trace::Trace;

#[test]
fn histories_survive_printing() {
    for seed in 0..50 {
        let mut trace = history(seed, &HistoryConfig::default());
        let read = Trace::from_notation(&trace.to_string());
        trace.end_content = None;
        assert_eq!(read, Some(trace), "seed {seed}");
    }
}

#[test]
fn other_texts_are_refused() {
    for text in [
        "a:0 ins 0 x",
        "a:0 [] ins 0",
        "a:0 [] ins x 0",
        "a:0 [] put 0 x",
        "a:0 [] del 0 many",
        "a:0 [] del 0 0",
        "a:0 []",
        "a [] ins 0 x",
        ":0 [] ins 0 x",
        "a:0 [b:0] ins 0 x",
        "a:0 [] ins 0 x\na:1 [a:0 a:0] ins 0 x",
        "a:0 [] ins 0 x\na:0 [] ins 0 x",
    ] {
        assert_eq!(Trace::from_notation(text), None, "{text}");
    }
}
