//! Shallow histories: where they can be cut, that they and full ones go on alike, and what is left in
//! their bytes.

use core::cell::Cell;

use crdt_core::{Classify, ErrorKind, GraphError};
use crdt_testkit::{Reference, Rng, Trace};
use crdt_text::{
    Branch, DecodeLimits, Dot, Frontier, LinkDecoder, LinkEncoder, OpLog, SavedDoc, TextDoc,
    TextOp, UpdateError,
};

use crate::support::{apply, each_history, ingest, oplog_of, seen, version};

pub(crate) fn tip(log: &OpLog) -> String {
    log.text_at(log.version()).expect("the tip")
}

pub(crate) fn shallow(log: &OpLog) -> OpLog {
    log.shallow_at(log.version()).expect("the tip is critical")
}

/// Whether each event of a history belongs to a version or follows all of it.
fn is_critical(model: &Reference, heads: &[usize]) -> bool {
    (0..model.n_events()).all(|event| {
        model.contains(heads, event) || heads.iter().all(|&head| model.contains(&[event], head))
    })
}

/// Story 33: versions of any width, critical or not.
#[test]
fn a_history_is_cut_at_critical_versions_and_at_no_others() {
    let n_cut = [Cell::new(0), Cell::new(0)];
    each_history(|seed, trace| {
        let full = oplog_of(trace);
        let before = seen(&full);
        let model = Reference::from_trace(trace);
        let mut rng = Rng::new(seed);
        let singles = (0..trace.n_events()).map(|lv| vec![lv]);
        let wide = (0..20).map(|n| {
            (0..2 + n % 3)
                .map(|_| rng.below(trace.n_events()))
                .collect()
        });
        let versions: Vec<Vec<usize>> = singles.chain(wide).chain([trace.frontier()]).collect();
        for heads in versions {
            let at = version(&full, trace, &heads);
            match full.shallow_at(&at) {
                Ok(cut) => {
                    assert!(is_critical(&model, &heads), "{heads:?} is not critical");
                    assert_eq!(tip(&cut), model.text());
                    assert_eq!(cut.summary(), full.summary());
                    assert_eq!(cut.remote_version(), full.remote_version());
                    let n = &n_cut[usize::from(at.as_slice().len() > 1)];
                    n.set(n.get() + 1);
                }
                Err(GraphError::NotCritical { lv }) => {
                    assert!(!is_critical(&model, &heads), "{heads:?} is critical");
                    let beside = crdt_text::Lv::new(lv);
                    assert!(!full.graph().contains(&at, beside));
                    let follows = |head| full.graph().contains(&Frontier::from(beside), head);
                    assert!(!at.iter().all(follows));
                }
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(seen(&full), before, "the original stays");
    });
    if std::env::var_os("CRDT_SEED").is_none() {
        let n_cut = n_cut.map(Cell::into_inner);
        assert!(n_cut[0] > 500 && n_cut[1] > 50, "{n_cut:?} cuts");
    }
}

/// A replica of a test: what it shows is told by patches, too.
struct Replica {
    doc: TextDoc,
    shown: Vec<char>,
    agent: String,
}

impl Replica {
    fn new(doc: TextDoc, agent: &str) -> Self {
        let shown = doc.content().chars().collect();
        let agent = agent.into();
        Self { doc, shown, agent }
    }

    /// Edits at random, and tells the model.
    fn edit(&mut self, rng: &mut Rng, model: &mut Model) {
        let agent = self
            .doc
            .get_or_create_agent_id(&self.agent)
            .expect("a name");
        let parents = self.doc.remote_version();
        let len = self.doc.len_chars();
        let at = rng.below(len + 1);
        let (lvs, op) = if at < len && rng.chance(45) {
            let lvs = self.doc.delete(agent, at..at + 1);
            (lvs.expect("within"), TextOp::delete(at..at + 1))
        } else {
            let text = *rng.pick(&["x", "yz", "\u{e9}"]);
            let lvs = self.doc.insert(agent, at, text);
            (lvs.expect("within"), TextOp::insert(at, text))
        };
        let first = self
            .doc
            .oplog()
            .graph()
            .dot_of(lvs.start)
            .expect("an event");
        model.push(&first, &parents, &op);
        self.shown = self.doc.content().chars().collect();
    }

    fn take_from(&mut self, other: &Self) {
        let update = other.doc.encode_missing(&self.doc.summary());
        apply(
            &mut self.shown,
            &self
                .doc
                .apply_update(&update)
                .expect("what follows the floor"),
        );
        assert!(
            self.shown.iter().copied().eq(self.doc.content().chars()),
            "patches"
        );
    }
}

/// The reference model, by dots.
struct Model {
    reference: Reference,
    dots: Vec<Dot>,
}

impl Model {
    fn of(trace: &Trace) -> Self {
        let reference = Reference::from_trace(trace);
        let dots = (0..trace.n_events())
            .filter_map(|lv| trace.dot_of(lv))
            .collect();
        Self { reference, dots }
    }

    fn push(&mut self, first: &Dot, parents: &[Dot], op: &TextOp<'_>) {
        let known = |dot: &Dot| {
            self.dots
                .iter()
                .position(|other| other == dot)
                .expect("known")
        };
        let mut parents: Vec<usize> = parents.iter().map(known).collect();
        for (n, (pos, ch)) in (0..).zip(crate::support::single_events(op)) {
            let dot = (first.agent().as_str(), first.seq() + n);
            let lv = match ch {
                Some(ch) => self.reference.insert(dot, &parents, pos, ch),
                None => self.reference.delete(dot, &parents, pos),
            };
            self.dots
                .push(Dot::new(first.agent().clone(), dot.1).expect("a dot"));
            parents = vec![lv];
        }
    }
}

/// Story 35: full and shallow replicas, one of them cut again half-way, edit at once.
#[test]
fn shallow_and_full_replicas_go_on_and_stay_equal() {
    each_history(|seed, trace| {
        let mut rng = Rng::new(seed);
        let mut model = Model::of(trace);
        let full = TextDoc::from(oplog_of(trace));
        let cut = full.shallow_at(full.version()).expect("critical");
        let reopened = TextDoc::decode(&cut.encode_full()).expect("our own bytes");
        assert_eq!(reopened.oplog(), cut.oplog());
        // Some write on under names that the dropped history knows.
        let known = trace.txns[0].agent.as_str();
        let mut replicas = [
            Replica::new(full, "full"),
            Replica::new(cut, known),
            Replica::new(reopened, "reopened"),
        ];
        for round in 0..30 {
            let n = rng.below(3);
            replicas[n].edit(&mut rng, &mut model);
            let [from, to] = [rng.below(3), rng.below(3)];
            if from != to && rng.chance(40) {
                let [from, to] = replicas.get_disjoint_mut([from, to]).expect("two");
                to.take_from(from);
            }
            if round == 15 {
                // All know all, so that nobody is below a second cut.
                for (from, to) in [(0, 1), (1, 2), (2, 0), (0, 1)] {
                    let [from, to] = replicas.get_disjoint_mut([from, to]).expect("two");
                    to.take_from(from);
                }
                let doc = &mut replicas[2].doc;
                *doc = doc.shallow_at(doc.version()).expect("critical");
            }
        }
        for (from, to) in [(0, 1), (1, 2), (2, 0), (0, 1), (0, 2)] {
            let [from, to] = replicas.get_disjoint_mut([from, to]).expect("two");
            to.take_from(from);
        }
        let expected = model.reference.text();
        for replica in &replicas {
            let log = replica.doc.oplog();
            assert_eq!(replica.doc.content(), expected);
            assert_eq!(log.summary(), replicas[0].doc.summary());
            assert_eq!(log.remote_version(), replicas[0].doc.remote_version());
            let copy = OpLog::decode(&log.encode_full()).expect("our own bytes");
            assert_eq!((&copy, tip(&copy)), (log, expected.clone()));
            assert_eq!(copy.encode_full(), log.encode_full());
        }
        for txn_end in [trace.n_events() - 1, model.dots.len() - 1] {
            let at = &model.dots[txn_end..=txn_end];
            let texts = replicas.iter().filter_map(|replica| {
                let log = replica.doc.oplog();
                log.text_at(&log.to_local(at).ok()?).ok()
            });
            assert!(
                texts
                    .into_iter()
                    .all(|text| text == model.reference.text_at(&[txn_end]))
            );
        }
    });
}

/// A cut that leaves some of the history: what comes after it is there as it was.
#[test]
fn versions_from_the_floor_on_can_be_shown() {
    each_history(|seed, trace| {
        let full = oplog_of(trace);
        let model = Reference::from_trace(trace);
        let critical = (0..trace.n_events()).filter(|&lv| is_critical(&model, &[lv]));
        for cut_at in critical.step_by(7) {
            let cut = full
                .shallow_at(&version(&full, trace, &[cut_at]))
                .expect("critical");
            let mut branch = Branch::new();
            let mut shown = Vec::new();
            let mut rng = Rng::new(seed);
            for _ in 0..8 {
                let event = rng.below(trace.n_events());
                let at = trace.dot_of(event).expect("an event");
                let follows = model.contains(&[event], cut_at);
                match cut.to_local(&[at]) {
                    Ok(at) => {
                        assert!(follows);
                        apply(&mut shown, &branch.checkout(&cut, &at).expect("known"));
                        assert_eq!(branch.content(), model.text_at(&[event]));
                        assert!(shown.iter().copied().eq(branch.content().chars()));
                    }
                    Err(error) => {
                        assert!(!follows);
                        assert_eq!(error.kind(), ErrorKind::MissingDependency);
                    }
                }
            }
        }
    });
}

pub(crate) fn floor_of(log: &OpLog) -> Vec<Dot> {
    log.floor().expect("a floor").version().to_vec()
}

/// Stories 35 and 36: saved, opened, edited before the history is read, dropped further.
#[test]
fn a_shallow_document_is_saved_opened_and_edited_as_any() {
    each_history(|_, trace| {
        let full = TextDoc::from(oplog_of(trace));
        let cut = full.shallow_at(full.version()).expect("critical");
        let file = cut.save();
        let saved = SavedDoc::open(&file, &DecodeLimits::default()).expect("our own bytes");
        assert_eq!(saved.text(), full.content());
        let mut draft = saved.edit();
        let me = draft.get_or_create_agent_id("me").expect("a name");
        draft.insert(me, 0, "draft ").expect("an edit");
        let mut doc = draft.to_doc().expect("a sound history");
        let mut full = full;
        full.apply_update(&doc.encode_missing(&full.summary()))
            .expect("it follows");
        assert_eq!(full.content(), doc.content());
        let me = doc.get_or_create_agent_id("me").expect("a name");
        doc.delete::<usize>(me, ..).expect("an edit");
        let dropped = doc.drop_deleted_text();
        assert_eq!(dropped, full.len_chars());
        full.apply_update(&doc.encode_missing(&full.summary()))
            .expect("it follows");
        assert_eq!(
            (full.content(), doc.content()),
            (String::new(), String::new())
        );
        let floor_text = |log: &OpLog| log.text_at(&log.to_local(&floor_of(log)).expect("it"));
        // Who dropped less brings the text back, as anywhere.
        let mut filled = doc.oplog().clone();
        let mut whole = cut.oplog().clone();
        whole
            .decode_and_add(&doc.encode_missing(&whole.summary()))
            .expect("it follows");
        assert_eq!(filled, whole);
        assert_eq!(filled.merge(&whole), Ok(0));
        assert_eq!(floor_text(&filled), floor_text(&whole));
    });
}

/// Story 36: no bytes that leave the replica tell it, by whatever way they are read.
#[test]
fn a_secret_that_was_redacted_is_in_no_export() {
    const SECRET: &str = "hunter2-\u{6f22}";
    let mut doc = TextDoc::new();
    let me = doc.get_or_create_agent_id("me").expect("a name");
    doc.insert(me, 0, "my password is ").expect("an edit");
    doc.insert(me, 15, SECRET).expect("an edit");
    let typed = doc.version().clone();
    let (mut log, _) = doc.clone().into_parts();
    let range = 15..15 + SECRET.chars().count();
    log.add_delete_with_content(me, range, SECRET)
        .expect("a delete");
    let doc = TextDoc::from(log);
    assert!(
        exports(&doc, &typed)
            .iter()
            .any(|export| tells(export, SECRET)),
        "it can be found"
    );

    let cut = doc.shallow_at(doc.version()).expect("critical");
    let mut trimmed = doc.clone();
    trimmed.drop_deleted_text();
    // The secret is in the floor, and deleted after it.
    let mut early = doc.shallow_at(&typed).expect("critical");
    early.drop_deleted_text();
    for (doc, since) in [
        (&cut, Frontier::root()),
        (&trimmed, Frontier::root()),
        (&trimmed, typed),
        (&early, Frontier::root()),
    ] {
        assert_eq!(doc.content(), "my password is ");
        for export in exports(doc, &since) {
            assert!(!tells(&export, SECRET), "{export:?}");
        }
    }
}

/// Everything that can be written of a document.
fn exports(doc: &TextDoc, since: &Frontier) -> Vec<Vec<u8>> {
    use crdt_core::codec::Encode;
    let log = doc.oplog();
    let missing = log.update_missing(&OpLog::new().summary());
    vec![
        doc.save(),
        doc.encode_full(),
        doc.encode_since(since).expect("known"),
        doc.encode_missing(&OpLog::new().summary()),
        missing.encode(),
        LinkEncoder::new().encode(&missing),
        doc.to_bytes(),
        log.to_bytes(),
        missing.to_bytes(),
        format!("{doc:?} {missing:?}").into_bytes(),
    ]
}

/// Whether a text stands in bytes as they are, or in what can be read from them.
fn tells(bytes: &[u8], secret: &str) -> bool {
    let limits = DecodeLimits::default();
    let is_in = |log: OpLog| {
        let mut ops = log.iter_ops();
        ops.any(|op| format!("{op:?}").contains(secret))
    };
    let decoded = OpLog::decode(bytes).ok();
    let linked = LinkDecoder::new().decode(bytes, &limits).ok();
    let linked = linked.and_then(|update| {
        let mut log = OpLog::new();
        log.apply(&update).ok().map(|_| log)
    });
    bytes
        .windows(secret.len())
        .any(|window| window == secret.as_bytes())
        || decoded.is_some_and(is_in)
        || linked.is_some_and(is_in)
}

/// What is cut off is not in the file.
#[test]
fn a_shallow_file_is_as_large_as_its_text_and_what_follows() {
    let full = oplog_of(&crdt_testkit::generate::typing(1, 3, 20_000));
    let cut = shallow(&full);
    let mut plain = OpLog::new();
    let me = plain.get_or_create_agent_id("me").expect("a name");
    plain.add_insert(me, 0, &tip(&full)).expect("an edit");
    let (n_cut, n_plain) = (cut.encode_full().len(), plain.encode_full().len());
    assert!(
        n_cut < n_plain + 100,
        "{n_cut} bytes, where the text alone takes {n_plain}"
    );
    let n_full = full.encode_full().len();
    assert!(
        n_cut < n_full,
        "{n_cut} bytes, where the history takes {n_full}"
    );
}

/// Ingest run by run, as the other way in.
#[test]
fn runs_are_taken_in_one_by_one() {
    each_history(|_, trace| {
        let half = trace.txns.len() / 2;
        let mut first = OpLog::new();
        for txn in &trace.txns[..half] {
            ingest(&mut first, trace, txn).expect("a valid history");
        }
        if first.is_empty() {
            return;
        }
        let mut cut = shallow(&first);
        let mut by_updates = cut.clone();
        let mut taken = vec![true; half];
        for txn in &trace.txns {
            let parents = trace.parent_dots(txn);
            let known_before = cut.summary();
            let result = ingest(&mut cut, trace, txn);
            let follows = match result {
                Ok(_) => true,
                Err(UpdateError::BelowFloor { .. } | UpdateError::MissingDependency(_)) => {
                    assert_eq!(cut.summary(), known_before);
                    false
                }
                Err(other) => panic!("{other} {parents:?}"),
            };
            taken.push(follows);
        }
        let update = cut.encode_missing(&by_updates.summary());
        by_updates.decode_and_add(&update).expect("it follows");
        assert_eq!(by_updates, cut);
        assert_eq!(by_updates.encode_full(), cut.encode_full());
    });
}
