//! The judge is judged by the directed cases and by what follows from the model.

use super::Reference;
use crate::directed_cases;

#[test]
fn every_directed_case_gives_its_text() {
    for (name, trace) in directed_cases() {
        let text = Reference::from_trace(&trace).text();
        assert_eq!(Some(text), trace.end_content, "{name}\n{trace}");
    }
}

#[test]
fn text_and_length_at_older_versions() {
    let mut text = Reference::new();
    let a = text.insert(("a", 0), &[], 0, 'a');
    let b = text.insert(("a", 1), &[a], 1, 'b');
    let gone = text.delete(("b", 0), &[b], 0);
    assert_eq!(text.text_at(&[]), "");
    assert_eq!(text.text_at(&[a]), "a");
    assert_eq!((text.text_at(&[b]), text.len_at(&[b])), ("ab".into(), 2));
    assert_eq!(
        (text.text_at(&[gone]), text.len_at(&[gone])),
        ("b".into(), 1)
    );
    assert!(text.contains(&[gone], a) && !text.contains(&[b], gone));
    assert_eq!(text.minimal(&[gone, a, b, a]), [gone]);
}

#[test]
fn a_delete_out_of_range_takes_nothing() {
    let mut text = Reference::new();
    let lost = text.delete(("a", 0), &[], 0);
    assert_eq!(text.text(), "");
    text.insert(("a", 1), &[lost], 5, 'x');
    assert_eq!(text.text(), "x");
}
