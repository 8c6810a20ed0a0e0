//! Structs of fields are merged whole, and refused whole.

use crate::{
    AgentId, Causal, Change, DeltaState, Dot, DotFun, ErrorKind, FieldError, Fixed, IntervalSet,
    NextSeqError, Summarize,
};

crate::replicated! {
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Page {
        seen: IntervalSet,
        title: Causal<DotFun<Fixed<u8>>>,
    }
    delta PageDelta, summary PageSummary
}

fn titled(by: &str, title: u8) -> Page {
    let agent = AgentId::new(by).unwrap();
    let mut page = Page::default();
    page.title
        .mutate(&agent, |_, minter| {
            let dot: Dot = minter.mint()?;
            Ok::<_, NextSeqError>(Change::bring(DotFun::from((dot, Fixed(title)))))
        })
        .unwrap();
    page
}

#[test]
fn a_merge_takes_over_every_field() {
    let (mut ours, mut theirs) = (titled("alice", 1), titled("bob", 2));
    ours.seen = IntervalSet::from(0..4);
    theirs.seen = IntervalSet::from(2..9);
    let before = theirs.clone();
    assert_eq!(ours.merge(&theirs), Ok(true));
    assert_eq!(theirs.merge(&ours), Ok(true));
    assert_eq!(ours, theirs);
    assert_eq!(
        (ours.seen.clone(), ours.title.store().len()),
        (IntervalSet::from(0..9), 2)
    );
    assert_eq!(ours.merge(&before), Ok(false), "all of it is known");
}

/// The second field refuses, so the first is as it was.
#[test]
fn a_delta_that_one_field_refuses_changes_no_field() {
    let (mut ours, mut theirs) = (titled("alice", 1), titled("alice", 2));
    theirs.seen = IntervalSet::from(0..9);
    let contradiction = theirs.delta_since(&Page::default().summary()).unwrap();
    let before = ours.clone();
    let refused = FieldError {
        field: "title",
        kind: ErrorKind::Malformed,
    };
    assert_eq!(ours.apply_delta(&contradiction), Err(refused));
    assert_eq!(ours, before);
}
