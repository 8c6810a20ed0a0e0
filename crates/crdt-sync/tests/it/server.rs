//! What a server needs: who may read and write, documents that come and go, limits of every kind.

use alloc::collections::BTreeMap;
use core::convert::Infallible;

use crdt_maps::GSet;
use crdt_sync::{
    Config, DocId, Event, LinkError, LinkId, MemoryStorage, Node, Offer, Opening, Policy, Refusal,
};

use crate::net::{Net, config, doc};

type Words = GSet<String>;

/// The kind of a frame that refuses.
const REFUSE: u8 = 7;

fn insert(node: &mut Node<Words, MemoryStorage>, doc: DocId, word: &str) {
    let edit = |set: &mut Words| Ok::<_, Infallible>(set.insert_with_delta(word.to_string()));
    node.edit(doc, edit).unwrap();
}

fn refusals(node: &mut Node<Words, MemoryStorage>) -> Vec<(DocId, Refusal)> {
    let events = node.take_events().into_iter();
    events
        .filter_map(|event| match event {
            Event::Refused(refused) => Some((refused.doc, refused.refusal)),
            _ => None,
        })
        .collect()
}

/// Who is who by link, and what they may.
#[derive(Default)]
struct Rooms {
    members: BTreeMap<LinkId, usize>,
    guests: Vec<LinkId>,
}

impl Policy<Words> for Rooms {
    fn opens(&mut self, opening: &Opening) -> Result<(), Refusal> {
        let is_known =
            self.members.contains_key(&opening.link) || self.guests.contains(&opening.link);
        is_known.then_some(()).ok_or(Refusal::Forbidden)
    }

    fn writes(&mut self, offer: &Offer<'_, Words>) -> Result<(), Refusal> {
        let left = self
            .members
            .get_mut(&offer.link)
            .ok_or(Refusal::Forbidden)?;
        let rest = left.checked_sub(offer.n_bytes).ok_or(Refusal::OverQuota)?;
        *left = rest;
        Ok(())
    }
}

/// As [`Net::settle`], node 0 under a policy.
fn settle_under(net: &mut Net<Words>, rooms: &mut Rooms) {
    loop {
        let frames: Vec<_> = (0..net.nodes.len())
            .flat_map(|node| net.commit(node))
            .collect();
        if frames.is_empty() {
            return;
        }
        for frame in frames {
            if frame.to == 0 {
                let node = &mut net.nodes[0];
                node.receive_under(frame.link, &frame.bytes, rooms).unwrap();
            } else {
                net.deliver(&frame);
            }
        }
    }
}

#[test]
fn members_write_guests_read_and_strangers_see_nothing() {
    let mut net = Net::<Words>::new(4, &config());
    insert(&mut net.nodes[0], doc(), "welcome");
    let [member, guest, _stranger] = [1, 2, 3].map(|node| net.connect(0, node));
    let mut rooms = Rooms::default();
    rooms.members.insert(member, 1_000);
    rooms.guests.push(guest);
    settle_under(&mut net, &mut rooms);
    insert(&mut net.nodes[1], doc(), "by a member");
    settle_under(&mut net, &mut rooms);
    assert!(net.state(0).contains("by a member") && net.state(2).contains("by a member"));
    assert!(net.state(3).is_empty());
    assert_eq!(refusals(&mut net.nodes[3]), [(doc(), Refusal::Forbidden)]);

    insert(&mut net.nodes[2], doc(), "by a guest");
    settle_under(&mut net, &mut rooms);
    assert!(!net.state(0).contains("by a guest"));
    assert_eq!(refusals(&mut net.nodes[2]), [(doc(), Refusal::Forbidden)]);

    insert(&mut net.nodes[1], doc(), &"long".repeat(400));
    settle_under(&mut net, &mut rooms);
    assert_eq!(refusals(&mut net.nodes[1]), [(doc(), Refusal::OverQuota)]);
    assert_eq!(net.state(0).len(), 2);
}

/// The server offers the document itself, so that the stranger has a channel and goes on asking on it.
#[test]
fn who_did_not_hear_that_a_document_is_refused_is_told_again() {
    let mut net = Net::<Words>::new(2, &config());
    insert(&mut net.nodes[0], doc(), "welcome");
    net.connect(0, 1);
    let mut n_lost = 0;
    for _ in 0..20 {
        net.now += 1_000;
        for frame in net.commit(1) {
            let mut nobody = Rooms::default();
            let node = &mut net.nodes[0];
            node.receive_under(frame.link, &frame.bytes, &mut nobody)
                .unwrap();
        }
        for frame in net.commit(0) {
            if frame.bytes[0] == REFUSE && n_lost < 2 {
                n_lost += 1;
            } else {
                net.deliver(&frame);
            }
        }
    }
    assert_eq!(n_lost, 2);
    assert_eq!(refusals(&mut net.nodes[1]), [(doc(), Refusal::Forbidden)]);
    assert_eq!(net.nodes[1].next_wake(), None, "it asks no more");
}

#[test]
fn a_document_that_rests_leaves_memory_and_comes_back_with_the_next_news() {
    let mut net = Net::<Words>::new(3, &config());
    net.connect(0, 1);
    net.connect(0, 2);
    insert(&mut net.nodes[1], doc(), "first");
    net.settle();
    let opened = net.nodes[0]
        .take_events()
        .into_iter()
        .filter(|event| matches!(event, Event::Opened { doc: opened, .. } if *opened == doc()));
    assert_eq!(opened.count(), 2);
    assert!(net.nodes[0].documents().eq([doc()]));

    assert!(net.nodes[0].evict(doc()));
    assert_eq!(net.nodes[0].documents().count(), 0);
    net.now += 60_000;
    assert!(net.settle().is_empty(), "nobody notices");
    insert(&mut net.nodes[1], doc(), "second");
    net.settle();
    net.assert_equal();
    assert!(net.state(2).contains("second"));
}

#[test]
fn a_document_with_something_on_its_way_stays() {
    let mut net = Net::<Words>::new(2, &config());
    net.connect(0, 1);
    net.settle();
    insert(&mut net.nodes[0], doc(), "word");
    assert!(!net.nodes[0].evict(doc()), "it is not stored");
    let frames = net.commit(0);
    assert!(!net.nodes[0].evict(doc()), "it is not acknowledged");
    for frame in &frames {
        net.deliver(frame);
    }
    net.settle();
    assert!(net.nodes[0].evict(doc()));
    // A neighbour that comes back finds it.
    net.restart(1, &config());
    net.disconnect(LinkId(0));
    net.connect_after_eviction(0, 1);
    net.settle();
    net.assert_equal();
}

#[test]
fn a_document_goes_though_another_is_not_stored() {
    let mut net = Net::<Words>::new(1, &config());
    let other = DocId::from_name("other");
    net.nodes[0].add_document(other).unwrap();
    insert(&mut net.nodes[0], doc(), "word");
    assert!(net.nodes[0].evict(other));
    assert!(!net.nodes[0].evict(doc()));
}

#[test]
fn what_is_not_here_cannot_be_shared() {
    let mut net = Net::<Words>::new(2, &config());
    let link = net.connect(0, 1);
    let other = DocId::from_name("other");
    let shared = net.nodes[0].share(link, other);
    assert_eq!(shared, Err(LinkError::UnknownDocument { doc: other }));
}

#[test]
fn events_that_nobody_takes_do_not_pile_up() {
    let mut limited = config();
    limited.max_event_bytes = 1_000;
    let mut net = Net::<Words>::new(2, &limited);
    net.connect(0, 1);
    net.settle();
    net.nodes[1].take_events();
    for n in 0..100 {
        insert(&mut net.nodes[0], doc(), &format!("word-{n}"));
        net.settle();
    }
    let events = net.nodes[1].take_events();
    assert!(events.len() <= 1_000 / 64 + 1, "{} events", events.len());
    let n_told = events.len() as u64 - 1;
    assert!(matches!(events[0], Event::Missed { n_events } if n_events + n_told == 100));
    assert!(net.nodes[1].take_events().is_empty());
}

fn large(n_words: usize) -> Vec<String> {
    (0..n_words).map(|n| format!("word-{n:06}")).collect()
}

#[test]
fn the_smaller_limits_of_both_ends_count() {
    let mut small: Config = config();
    small.max_frame_bytes = 300;
    small.window_bytes = 600;
    let mut net = Net::<Words>::of(&[config(), small]);
    for word in large(500) {
        insert(&mut net.nodes[0], doc(), &word);
    }
    net.connect(0, 1);
    let mut n_bytes_at_once = 0;
    loop {
        let frames: Vec<_> = (0..2).flat_map(|node| net.commit(node)).collect();
        if frames.is_empty() {
            break;
        }
        let to_small = frames.iter().filter(|frame| frame.to == 1);
        n_bytes_at_once = to_small
            .map(|frame| frame.bytes.len())
            .sum::<usize>()
            .max(n_bytes_at_once);
        for frame in &frames {
            assert!(frame.bytes.len() <= 300);
            net.deliver(frame);
        }
    }
    net.assert_equal();
    // A window, and the frame that begins within it.
    assert!(n_bytes_at_once <= 1_200, "{n_bytes_at_once}");
}

#[test]
fn transfers_that_do_not_fit_together_come_one_after_the_other() {
    let mut limited = config();
    limited.max_frame_bytes = 1_000;
    limited.max_transfer_bytes = 20_000;
    limited.max_incoming_bytes_per_link = 20_000;
    let mut net = Net::<Words>::of(&[config(), limited]);
    let link = net.connect(0, 1);
    let docs: Vec<DocId> = (0..4)
        .map(|n| DocId::from_name(&format!("doc-{n}")))
        .collect();
    for doc in &docs {
        net.nodes[0].add_document(*doc).unwrap();
        for word in large(1_000) {
            insert(&mut net.nodes[0], *doc, &word);
        }
        net.nodes[0].share(link, *doc).unwrap();
    }
    for _ in 0..100 {
        net.settle();
        net.now += 1_000;
    }
    for doc in &docs {
        assert_eq!(net.nodes[1].document(*doc).map(GSet::len), Some(1_000));
    }
    assert_eq!(refusals(&mut net.nodes[0]), []);
}
