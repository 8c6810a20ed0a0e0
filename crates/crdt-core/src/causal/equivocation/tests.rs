//! Reports of two contents stay small.

use alloc::format;
use alloc::string::String;
use core::fmt;

use super::{Equivocation, MAX_SHOWN};
use crate::testing::agent;
use crate::{Classify as _, Dot, ErrorKind};

fn report(ours: &impl fmt::Debug, theirs: &impl fmt::Debug) -> Equivocation {
    let dot = Dot::new(agent(0), 3).expect("a small number");
    Equivocation::new(dot, ours, theirs)
}

#[test]
fn both_contents_are_told() {
    let error = report(&1_u8, &Some("x"));
    assert_eq!(error.ours(), "1");
    assert_eq!(error.theirs(), "Some(\"x\")");
    assert_eq!(
        format!("{error}"),
        "event 3 of agent alice is 1 here and came as Some(\"x\")"
    );
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_ne!(error, report(&2_u8, &Some("x")));
    assert_ne!(error, report(&1_u8, &None::<&str>));
}

#[test]
fn long_contents_are_cut_between_scalars() {
    // Shown with a quotation mark on each side.
    for (n, is_cut) in [(MAX_SHOWN - 2, false), (MAX_SHOWN - 1, true)] {
        let text: String = core::iter::repeat_n('x', n).collect();
        let error = report(&text, &0);
        assert_eq!(error.ours().ends_with("..."), is_cut, "{n}");
        assert!(error.ours().starts_with("\"x"));
    }
    for unit in ["\u{e9}", "\u{20ac}", "\u{1f600}"] {
        let error = report(&unit.repeat(MAX_SHOWN), &0);
        let kept = error.ours().strip_suffix("...").expect("it was cut");
        assert!(kept.len() <= MAX_SHOWN && kept.len() + unit.len() > MAX_SHOWN);
    }
}

#[test]
fn what_is_not_shown_is_not_formatted() {
    struct Endless;

    impl fmt::Debug for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("again and ")?;
            }
        }
    }

    assert_eq!(report(&Endless, &0).ours().len(), MAX_SHOWN + 3);
}
