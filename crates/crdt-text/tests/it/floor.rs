//! What a shallow history makes of events that others offer, and others of what it offers.

use crdt_core::{Classify, Delta, DeltaState, ErrorKind, GraphError, Summarize};
use crdt_text::{
    Branch, DecodeLimits, EditError, Frontier, LinkDecoder, LinkEncoder, OpLog, TextDoc, TextOp,
    Update, UpdateError,
};

use crate::shallow::{floor_of, shallow, tip};
use crate::support::{conflict, dot, offer, oplog_from, seen};

fn all(log: &OpLog) -> Update {
    log.update_since(&Frontier::root()).expect("the root")
}

/// Two writers who know of each other, and what one of them does next.
fn history() -> OpLog {
    oplog_from(
        "a:0 [] ins 0 hello-world
         b:0 [a:10] del 5 6; ins 5 !
         a:11 [a:10] ins 11 ?
         a:12 [a:11 b:6] ins 0 >",
    )
}

/// Whoever offers it, in whatever form: it has no place, and nothing changes.
#[test]
fn what_does_not_follow_the_floor_is_refused_and_told_where_it_starts() {
    let full = history();
    let mut cut = shallow(&full);
    let floor = floor_of(&cut);
    assert_eq!(floor, [dot("a", 12)]);
    let refused = Err(UpdateError::BelowFloor { floor });
    assert_eq!(
        refused.clone().map_err(|error| error.kind()),
        Err::<usize, _>(ErrorKind::MissingDependency)
    );
    let before = seen(&cut);
    let text = [TextOp::insert(0, "x")];
    for parents in [vec![], vec![dot("a", 10)], vec![dot("a", 11), dot("b", 6)]] {
        assert_eq!(offer(&mut cut, ("z", 0), &parents, &text), refused);
    }
    // On a branch that left before, with another run that would be fine on its own.
    let mut late = full.clone();
    let z = late.get_or_create_agent_id("z").expect("a name");
    let old = late.to_local(&[dot("a", 10)]).expect("known");
    let tip = late.version().clone();
    late.add_insert_at(z, &tip, 0, "fine").expect("an edit");
    late.add_insert_at(z, &old, 0, "late").expect("an edit");
    assert_eq!(
        cut.decode_and_add(&late.encode_missing(&cut.summary())),
        refused
    );
    assert_eq!(cut.merge(&late), refused);
    assert_eq!(seen(&cut), before);
    let mut doc = TextDoc::from(cut);
    assert!(doc.apply_delta(&all(&late)).is_err());
    assert_eq!(seen(doc.oplog()), before);
}

/// Nobody here edits on what is gone, either.
#[test]
fn local_edits_below_the_floor_are_refused() {
    for mut cut in [
        shallow(&history()),
        shallow(&oplog_from("a:0 [] ins 0 ab; del 0 2")),
    ] {
        let me = cut.get_or_create_agent_id("me").expect("a name");
        let before = seen(&cut);
        let refused = Err(EditError::Graph(GraphError::BelowFloor));
        assert_eq!(cut.add_insert_at(me, &Frontier::root(), 0, "x"), refused);
        assert_eq!(Branch::new().insert(&mut cut, me, 0, "x"), refused);
        if cut.graph().floor_lvs().len() > 1 {
            let inside = Frontier::from(crdt_text::Lv::new(0));
            assert_eq!(cut.add_insert_at(me, &inside, 0, "x"), refused);
            assert_eq!(cut.to_remote(&inside), Err(GraphError::BelowFloor));
            assert_eq!(cut.shallow_at(&inside), Err(GraphError::BelowFloor));
        }
        assert_eq!(
            cut.shallow_at(&Frontier::root()),
            Err(GraphError::BelowFloor)
        );
        assert_eq!(cut.to_local(&[]), Ok(Frontier::root()));
        assert_eq!(seen(&cut), before);
        assert_eq!(cut.shallow_at(cut.version()).expect("the same"), cut);
        assert_eq!(
            cut.last_critical_in(&Frontier::root()),
            Ok(Frontier::root())
        );
    }
}

/// Who lacks part of what was dropped must get that elsewhere, or start anew from the file.
#[test]
fn who_lacks_the_floor_is_told_which_version_it_needs() {
    let full = history();
    let mut cut = shallow(&full);
    let me = cut.get_or_create_agent_id("me").expect("a name");
    cut.add_insert(me, 0, "new").expect("an edit");
    let floor = floor_of(&cut);
    let mut late = oplog_from("a:0 [] ins 0 hello-world");
    let before = seen(&late);
    let missing = Err(UpdateError::MissingFloor { floor });
    assert_eq!(late.decode_and_add(&cut.encode_full()), missing);
    assert_eq!(
        late.decode_and_add(&cut.encode_missing(&late.summary())),
        missing
    );
    assert_eq!(late.merge(&cut), missing);
    let update = cut.update_missing(&late.summary());
    let mut link = (LinkEncoder::new(), LinkDecoder::new());
    let message = link
        .1
        .decode(&link.0.encode(&update), &DecodeLimits::default());
    let early = Err(UpdateError::MissingDependency(dot("a", 12)));
    assert_eq!(late.apply(&message.expect("our own bytes")), early);
    assert_eq!(seen(&late), before);
    assert!(
        cut.delta_since(&late.summary()).is_none(),
        "only a snapshot helps"
    );
    // From somebody who has it, and then from here.
    late.merge(&full).expect("no conflict");
    late.decode_and_add(&cut.encode_missing(&late.summary()))
        .expect("known");
    late.merge(&cut).expect("known");
    assert_eq!(tip(&late), tip(&cut));
    // Somebody who has nothing starts where this one does.
    for bytes in [
        cut.encode_full(),
        cut.encode_missing(&OpLog::new().summary()),
    ] {
        let mut newcomer = TextDoc::new();
        newcomer.get_or_create_agent_id("zoe").expect("a name");
        assert!(newcomer.apply_update(&bytes).is_ok());
        assert_eq!((newcomer.oplog(), newcomer.content()), (&cut, tip(&cut)));
    }
    let delta = cut.delta_since(&OpLog::new().summary()).expect("the floor");
    let mut newcomer = OpLog::new();
    assert_eq!(newcomer.news_of(&delta).map(|news| news.len()), None);
    assert_eq!(newcomer.apply_delta(&delta), Ok(true));
    assert_eq!(newcomer, cut);
    assert_eq!(OpLog::events_of(&delta), cut.summary());
}

/// A run that was dropped in part goes on; numbers of agents do, too.
#[test]
fn what_is_contained_is_skipped_and_numbers_go_on() {
    let full = history();
    let mut cut = shallow(&full);
    let before = seen(&cut);
    assert_eq!(cut.decode_and_add(&full.encode_full()), Ok(0));
    assert_eq!(
        offer(
            &mut cut,
            ("a", 3),
            &[dot("a", 2)],
            &[TextOp::insert(3, "lo")]
        ),
        Ok(0)
    );
    assert_eq!(seen(&cut), before);
    // b's last number is dropped; a's run is known up to its last event.
    let text = [
        TextOp::insert(12, "?"),
        TextOp::insert(0, ">"),
        TextOp::insert(0, "+"),
    ];
    let on = [dot("a", 12)];
    assert_eq!(
        offer(&mut cut, ("a", 11), &[dot("a", 10)], &text[..1]),
        Ok(0)
    );
    let whole = [TextOp::insert(0, ">"), TextOp::insert(1, "+")];
    assert_eq!(
        offer(&mut cut, ("a", 12), &[dot("a", 11), dot("b", 6)], &whole),
        Ok(1)
    );
    assert_eq!(tip(&cut), ">+hello!?");
    let b = cut.get_or_create_agent_id("b").expect("a name");
    let lvs = cut.add_insert(b, 0, "n").expect("an edit");
    assert_eq!(cut.graph().dot_of(lvs.start), Some(dot("b", 7)));
    assert_eq!(offer(&mut cut, ("c", 0), &on, &text[2..]), Ok(1));
}

/// Numbers that arrive out of order must not be given out again.
#[test]
fn an_agent_goes_on_above_its_dropped_numbers_whatever_comes_late() {
    let full = oplog_from("a:10 [] ins 0 ab");
    let mut cut = TextDoc::from(shallow(&full));
    // Numbers below the dropped ones, on top of the floor.
    let low = oplog_from("a:10 [] ins 0 ab\na:3 [a:11] ins 2 c");
    cut.merge(&TextDoc::from(low))
        .expect("it follows the floor");
    let a = cut.get_or_create_agent_id("a").expect("a name");
    for key in ["d", "e"] {
        cut.insert(a, cut.len_chars(), key).expect("an edit");
    }
    assert_eq!(cut.content(), "abcde");
    assert_eq!(cut.remote_version(), [dot("a", 13)]);
}

#[test]
fn an_empty_text_is_a_floor_as_well() {
    let full = oplog_from("a:0 [] ins 0 gone; del 0 4");
    let cut = shallow(&full);
    assert_eq!((tip(&cut).as_str(), cut.len()), ("", 1));
    let mut doc = TextDoc::decode(&cut.encode_full()).expect("our own bytes");
    assert_eq!(doc.oplog(), &cut);
    let a = doc.get_or_create_agent_id("a").expect("a name");
    doc.insert(a, 0, "new").expect("an edit");
    doc.delete(a, 0..1).expect("an edit");
    let mut other = full.clone();
    other
        .decode_and_add(&doc.encode_missing(&other.summary()))
        .expect("it follows");
    assert_eq!((tip(&other), doc.content()), ("ew".into(), "ew".into()));
}

/// Two cuts of one history, and updates from before, between and after, grouped in any order.
#[test]
fn grouped_updates_keep_the_later_floor() {
    let full = history();
    let early = full
        .shallow_at(&full.to_local(&[dot("a", 10)]).expect("known"))
        .expect("critical");
    let cut = shallow(&full);
    for (a, b) in [
        (&full, &cut),
        (&cut, &full),
        (&early, &cut),
        (&cut, &early),
        (&cut, &cut),
    ] {
        let mut group = all(a);
        group.merge_delta(&all(b)).expect("no conflict");
        assert_eq!(group.floor(), Some(&floor_of(&cut)[..]));
        assert_eq!(group.summary(), full.summary());
        let again = Update::decode(&group.encode(), &DecodeLimits::default()).expect("our own");
        assert_eq!(again.encode(), group.encode());
        for bytes in [group.encode(), again.encode()] {
            assert_eq!(
                OpLog::decode(&bytes),
                Ok(cut.clone()),
                "a newcomer starts late"
            );
        }
        let mut known = full.clone();
        assert_eq!(known.apply(&group), Ok(0));
        let mut known = early.clone();
        assert!(known.apply(&group).is_ok(), "it follows the early floor");
        assert_eq!(tip(&known), tip(&full));
    }
    // Floors of two histories that were cut on both sides of a fork.
    let left = shallow(&oplog_from("a:0 [] ins 0 x\nb:0 [a:0] ins 0 y"));
    let right = shallow(&oplog_from("a:0 [] ins 0 x\nc:0 [a:0] ins 0 z"));
    let mut group = all(&left);
    let before = group.encode();
    let floor = floor_of(&left);
    assert_eq!(
        group.merge_delta(&all(&right)),
        Err(UpdateError::BelowFloor { floor })
    );
    assert_eq!(group.encode(), before);
}

/// One version has one text: two that claim another are told apart.
#[test]
fn another_text_at_the_same_floor_is_a_conflict() {
    let cut = shallow(&oplog_from("a:0 [] ins 0 one"));
    let liar = shallow(&oplog_from("a:0 [] ins 0 two"));
    assert!(cut != liar);
    let mut log = cut.clone();
    let refused = log.merge(&liar);
    assert_eq!(conflict(refused.clone()), dot("a", 2));
    let told = "event 2 of agent a is Insert { pos: 0, text: \"o\" } here \
                and came as Insert { pos: 0, text: \"t\" }";
    assert_eq!(
        refused.clone().map_err(|error| error.to_string()),
        Err(told.into())
    );
    let mut group = all(&cut);
    assert_eq!(group.merge_delta(&all(&liar)), refused.map(drop));
    assert_eq!(seen(&log), seen(&cut));
    // What was dropped contradicts nothing, and is taken over.
    let mut dropped = cut.clone();
    let a = dropped.get_or_create_agent_id("a").expect("a name");
    dropped
        .add_delete_without_content(a, 0..1)
        .expect("an edit");
    let mut whole = dropped.clone();
    dropped.drop_deleted_text();
    let (mut one, mut other) = (all(&dropped), all(&whole));
    one.merge_delta(&all(&whole)).expect("no conflict");
    other.merge_delta(&all(&dropped)).expect("no conflict");
    assert_eq!(
        (one.encode(), other.encode()),
        (whole.encode_full(), whole.encode_full())
    );
    assert_eq!(whole.merge(&dropped), Ok(0));
    assert_eq!(dropped.merge(&whole), Ok(0));
    assert_eq!(dropped.encode_full(), whole.encode_full());
}

/// Of one version, one claims a shorter text than the other, which begins alike.
#[test]
fn a_text_of_another_length_at_the_same_floor_is_a_conflict() {
    let cut = shallow(&oplog_from("a:0 [] ins 0 one"));
    let liar = shallow(&oplog_from("a:0 [] ins 0 on; del 1 1"));
    assert_eq!((tip(&liar), floor_of(&liar)), ("o".into(), floor_of(&cut)));
    // What was dropped is filled in from others, but not with what has another length.
    let mut dropped = cut.clone();
    let a = dropped.get_or_create_agent_id("a").expect("a name");
    dropped
        .add_delete_without_content(a, 0..1)
        .expect("an edit");
    dropped.drop_deleted_text();
    for honest in [cut, dropped] {
        for (ours, theirs) in [(&honest, &liar), (&liar, &honest)] {
            let mut log = ours.clone();
            assert_eq!(conflict(log.merge(theirs)), dot("a", 2));
            assert_eq!(seen(&log), seen(ours));
            assert!(log != *theirs);
            let mut group = all(ours);
            assert_eq!(conflict(group.merge_delta(&all(theirs))), dot("a", 2));
            assert_eq!(group.encode(), all(ours).encode());
        }
    }
}
