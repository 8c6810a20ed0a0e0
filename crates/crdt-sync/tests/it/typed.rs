//! The policy of the README that holds documents of run-time type to a spec.

use crdt_core::codec::Encode;
use crdt_core::{AgentId, DeltaState};
use crdt_counters::ResettableCounter;
use crdt_maps::{AnyCrdt, CrdtSpec, Kind, OrSet, Value};
use crdt_sync::{Event, LinkId, Offer, Policy, Refusal};

use crate::net::{Net, config, doc};

struct Typed(CrdtSpec);

impl Policy<AnyCrdt> for Typed {
    fn writes(&mut self, offer: &Offer<'_, AnyCrdt>) -> Result<(), Refusal> {
        let checked = self.0.check(&offer.delta.change().live);
        checked.map_err(|_| Refusal::Forbidden)
    }
}

/// One visit under a key.
fn visit(page: &mut AnyCrdt, key: &str) -> <AnyCrdt as DeltaState>::Delta {
    let bob = AgentId::new("bob").unwrap();
    let delta =
        page.update_at_with_delta::<ResettableCounter, _>(&bob, &[key], |visits, minter| {
            visits.increment(minter, 1)
        });
    delta.unwrap()
}

/// One tag under a key.
fn tag(page: &mut AnyCrdt, key: &str) -> <AnyCrdt as DeltaState>::Delta {
    let bob = AgentId::new("bob").unwrap();
    let delta = page.update_at_with_delta::<OrSet<Value>, _>(&bob, &[key], |tags, minter| {
        tags.add(minter, Value::from("draft"))
    });
    delta.unwrap()
}

/// Node 1 edits under whatever spec it likes, node 0 asks its policy; returns whether node 0 took it.
fn is_taken(edit: impl FnOnce(&mut AnyCrdt) -> <AnyCrdt as DeltaState>::Delta) -> bool {
    let mut policy = Typed(CrdtSpec::record([(
        "visits",
        CrdtSpec::Leaf(Kind::Counter),
    )]));
    let mut net = Net::<AnyCrdt>::new(2, &config());
    let mine = |page: &mut AnyCrdt| Ok::<_, core::convert::Infallible>(visit(page, "visits"));
    net.nodes[0].edit(doc(), mine).unwrap();
    let link: LinkId = net.connect(0, 1);
    net.settle();
    let before = net.state(0).to_bytes();
    let theirs = |page: &mut AnyCrdt| Ok::<_, core::convert::Infallible>(edit(page));
    net.nodes[1].edit(doc(), theirs).unwrap();
    net.nodes[0].take_events();
    for frame in net.commit(1) {
        let received = net.nodes[0].receive_under(link, &frame.bytes, &mut policy);
        received.unwrap();
    }
    // The neighbour is told with the next commit, the application with it.
    net.commit(0);
    let refused = net.nodes[0]
        .take_events()
        .into_iter()
        .find_map(|event| match event {
            Event::Refused(refused) => Some((refused.refusal, refused.by_us)),
            _ => None,
        });
    let is_taken = net.state(0).to_bytes() != before;
    assert_eq!(refused, (!is_taken).then_some((Refusal::Forbidden, true)));
    is_taken
}

#[test]
fn a_policy_of_a_spec_takes_what_fits_it_and_refuses_the_rest() {
    assert!(is_taken(|page| visit(page, "visits")));
    assert!(!is_taken(|page| tag(page, "visits")), "another type");
    assert!(!is_taken(|page| visit(page, "others")), "another key");
    assert!(!is_taken(|page| tag(page, "tags")), "neither");
    let removed = |page: &mut AnyCrdt| {
        let bob = AgentId::new("bob").unwrap();
        let delta = page.update_with_delta::<crdt_maps::AnyMap, _>(&bob, |map, minter| {
            map.remove(minter, "visits")
        });
        delta.unwrap()
    };
    assert!(
        is_taken(removed),
        "a spec says what may come, not what may go"
    );
}
