//! Undo and redo, alone and among others.

use crdt_core::codec::{Decode, DecodeError, Encode};
use crdt_core::{Classify, ErrorKind, GraphError};
use crdt_testkit::Rng;
use crdt_text::{AgentIdx, Bytes, DecodeLimits, EditError, TextDoc, UndoError, UndoStack, Utf16};

use crate::support::{apply, dot, seeds};

/// A user with a document, an undo stack and a copy of the text on the screen.
struct User {
    doc: TextDoc,
    me: AgentIdx,
    undo: UndoStack,
    screen: Vec<char>,
}

impl User {
    fn new(doc: &TextDoc, name: &str) -> Self {
        let mut doc = doc.clone();
        let me = doc.get_or_create_agent_id(name).expect("a name");
        let screen = doc.content().chars().collect();
        let undo = UndoStack::new();
        Self {
            doc,
            me,
            undo,
            screen,
        }
    }

    fn edit(&mut self, pos: usize, n_deleted: usize, inserted: &str) {
        let Self { doc, me, undo, .. } = self;
        let edit = if n_deleted == 0 {
            undo.insert(doc, *me, pos, inserted)
        } else if inserted.is_empty() {
            undo.delete(doc, *me, pos..pos + n_deleted)
        } else {
            undo.replace(doc, *me, pos..pos + n_deleted, inserted)
        };
        edit.expect("in range");
        self.screen.splice(pos..pos + n_deleted, inserted.chars());
    }

    /// A step of its own.
    fn step(&mut self, pos: usize, n_deleted: usize, inserted: &str) {
        self.edit(pos, n_deleted, inserted);
        self.undo.boundary();
    }

    fn random_edit(&mut self, rng: &mut Rng, within: core::ops::Range<usize>) {
        let pos = within.start + rng.below(within.len() + 1);
        let n_deleted = rng.below(4).min(within.end - pos);
        let inserted = ["", "x", "yz", "\u{e9}\u{1F600}"][rng.below(4)];
        if n_deleted > 0 || !inserted.is_empty() {
            self.edit(pos, n_deleted, inserted);
        }
    }

    /// Perhaps the end of a step.
    fn random_step(&mut self, rng: &mut Rng, within: core::ops::Range<usize>) {
        self.random_edit(rng, within);
        if rng.chance(60) {
            self.undo.boundary();
        }
    }

    fn undo(&mut self) -> bool {
        let patches = self
            .undo
            .undo(&mut self.doc, self.me)
            .expect("can be undone");
        let has_changed = !patches.is_empty();
        apply(&mut self.screen, &patches);
        has_changed
    }

    fn redo(&mut self) -> bool {
        let patches = self
            .undo
            .redo(&mut self.doc, self.me)
            .expect("can be redone");
        let has_changed = !patches.is_empty();
        apply(&mut self.screen, &patches);
        has_changed
    }

    fn undo_all(&mut self) {
        while self.undo() {}
        assert_eq!(self.undo.n_undo(), 0);
    }

    fn redo_all(&mut self) {
        while self.redo() {}
        assert_eq!(self.undo.n_redo(), 0);
    }

    fn hear(&mut self, other: &Self) {
        self.hear_doc(&other.doc);
    }

    fn hear_doc(&mut self, other: &TextDoc) {
        let patches = self.doc.merge(other).expect("nothing is missing");
        apply(&mut self.screen, &patches);
    }

    /// The text, which is that on the screen.
    #[track_caller]
    fn text(&self) -> String {
        let text = self.doc.content();
        assert_eq!(text, self.screen.iter().collect::<String>());
        text
    }

    /// Saves and opens document and stack, or not.
    fn maybe_reopen(&mut self, rng: &mut Rng) {
        if rng.chance(20) {
            let doc = TextDoc::decode(&self.doc.encode_full()).expect("valid");
            let name = format!(
                "{}'",
                self.doc.oplog().graph().agents().name(self.me).as_str()
            );
            self.doc = doc;
            self.me = self
                .doc
                .get_or_create_agent_id(&name)
                .expect("short enough");
        }
        if rng.chance(20) {
            self.undo.boundary();
            let bytes = self.undo.to_bytes();
            let undo = UndoStack::from_bytes(&bytes, &DecodeLimits::default());
            self.undo = undo.expect("valid");
            assert_eq!(self.undo.to_bytes(), bytes);
        }
    }
}

fn base(text: &str) -> TextDoc {
    let mut doc = TextDoc::new();
    let author = doc.get_or_create_agent_id("author").expect("a name");
    doc.insert(author, 0, text).expect("in range");
    doc
}

#[track_caller]
fn settle(users: &mut [&mut User; 2]) {
    let [a, b] = users;
    a.hear(b);
    b.hear(a);
    assert_eq!(a.text(), b.text());
}

#[test]
fn steps_alone_lead_back_to_every_text_and_forth_again() {
    for seed in seeds(150) {
        let mut rng = Rng::new(seed);
        let mut user = User::new(&base("some text to start from"), "me");
        let mut texts = vec![user.text()];
        for _ in 0..25 {
            for _ in 0..=rng.below(3) {
                let len = user.doc.len_chars();
                let at = rng.below(len + 1);
                let near = at.saturating_sub(2)..(at + 2).min(len);
                user.random_edit(&mut rng, near);
            }
            user.undo.boundary();
            if user.undo.n_undo() == texts.len() {
                texts.push(user.text());
            }
            user.maybe_reopen(&mut rng);
        }
        for text in texts.iter().rev() {
            assert_eq!(user.text(), *text, "CRDT_SEED={seed}");
            user.undo();
        }
        assert!(!user.undo(), "CRDT_SEED={seed}");
        for text in &texts {
            assert_eq!(user.text(), *text, "CRDT_SEED={seed}");
            user.redo();
        }
        assert!(!user.redo(), "CRDT_SEED={seed}");
        let again = TextDoc::decode(&user.doc.encode_full()).expect("valid");
        assert_eq!(again.content(), user.text(), "CRDT_SEED={seed}");
    }
}

/// Undo of all my steps is as if I had done nothing, in text that nobody else touched.
#[test]
fn undo_all_is_nothing_done_where_nobody_else_was() {
    for seed in seeds(150) {
        let mut rng = Rng::new(seed);
        let start = base("mine, all mine|theirs");
        let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
        let middle = |user: &User| {
            let at = user.screen.iter().position(|ch| *ch == '|');
            at.expect("nobody deletes it")
        };
        for _ in 0..30 {
            match rng.below(5) {
                0 => me.hear(&other),
                1 => other.hear(&me),
                2 => {
                    let theirs = middle(&other) + 1..other.screen.len();
                    other.random_step(&mut rng, theirs);
                }
                _ => {
                    let mine = 0..middle(&me);
                    me.random_step(&mut rng, mine);
                }
            }
            if rng.chance(15) {
                me.undo();
            }
            if rng.chance(10) {
                me.redo();
            }
            me.maybe_reopen(&mut rng);
        }
        settle(&mut [&mut me, &mut other]);
        me.redo_all();
        let (mine, theirs) = {
            let text = me.text();
            let (mine, theirs) = text.split_once('|').expect("the middle");
            (mine.to_owned(), theirs.to_owned())
        };
        me.undo_all();
        assert_eq!(
            me.text(),
            format!("mine, all mine|{theirs}"),
            "CRDT_SEED={seed}"
        );
        me.redo_all();
        assert_eq!(me.text(), format!("{mine}|{theirs}"), "CRDT_SEED={seed}");
        other.undo_all();
        settle(&mut [&mut me, &mut other]);
        assert_eq!(me.text(), format!("{mine}|theirs"), "CRDT_SEED={seed}");
    }
}

/// What others insert in the midst of it stays, and all else is as it was.
#[test]
fn undo_all_leaves_what_others_inserted_and_no_more() {
    for seed in seeds(200) {
        let mut rng = Rng::new(seed);
        let text = "a text that everyone edits";
        let start = base(text);
        let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
        let mut n_theirs = 0;
        for _ in 0..30 {
            match rng.below(4) {
                0 => me.hear(&other),
                1 => other.hear(&me),
                2 => {
                    let pos = rng.below(other.screen.len() + 1);
                    let inserted = ["X", "YZ"][rng.below(2)];
                    other.step(pos, 0, inserted);
                    n_theirs += inserted.len();
                }
                _ => {
                    let all = 0..me.screen.len();
                    me.random_step(&mut rng, all);
                }
            }
            if rng.chance(10) {
                me.undo();
            }
            me.maybe_reopen(&mut rng);
        }
        settle(&mut [&mut me, &mut other]);
        me.undo_all();
        let after = me.text();
        let left: String = after
            .chars()
            .filter(|ch| !ch.is_ascii_uppercase())
            .collect();
        assert_eq!(left, text, "CRDT_SEED={seed}");
        assert_eq!(
            after.chars().count() - left.chars().count(),
            n_theirs,
            "CRDT_SEED={seed}"
        );
    }
}

/// Everybody edits, undoes and redoes everything: nothing fails, and all end equal.
#[test]
fn undo_among_others_never_fails_and_converges() {
    for seed in seeds(150) {
        let mut rng = Rng::new(seed);
        let start = base("a text that everyone edits");
        let mut users = ["ann", "bob", "cyd"].map(|name| User::new(&start, name));
        for _ in 0..60 {
            let at = rng.below(3);
            match rng.below(6) {
                0 => {
                    let other = users[(at + 1) % 3].doc.clone();
                    users[at].hear_doc(&other);
                }
                1 => drop(users[at].undo()),
                2 => drop(users[at].redo()),
                _ => {
                    let all = 0..users[at].screen.len();
                    users[at].random_step(&mut rng, all);
                }
            }
            users[at].maybe_reopen(&mut rng);
            users[at].text();
        }
        let [ann, bob, cyd] = &mut users;
        settle(&mut [ann, bob]);
        settle(&mut [cyd, ann]);
        settle(&mut [cyd, bob]);
        assert_eq!(ann.text(), bob.text(), "CRDT_SEED={seed}");
    }
}

/// Story 37: the first edit after opening a shallow copy, and steps from before it was made.
#[test]
fn edits_of_a_shallow_copy_can_be_undone() {
    let mut full = User::new(&base("hello"), "me");
    full.step(5, 0, " world");
    let shallow = full.doc.shallow_at(full.doc.version()).expect("critical");
    let opened = TextDoc::decode(&shallow.encode_full()).expect("valid");
    let mut user = User::new(&opened, "later");
    user.step(5, 6, "");
    assert_eq!(user.text(), "hello");
    assert!(user.undo());
    assert_eq!(user.text(), "hello world");

    // The stack of the full one goes on with the copy, for it was used at its floor.
    let mut user = User::new(&opened, "later");
    user.undo = full.undo.clone();
    assert!(user.undo());
    assert_eq!(user.text(), "hello");
}

/// Story 37, other side: what happened between the last use and the floor is not known.
#[test]
fn a_stack_from_before_the_floor_says_so_and_can_be_cleared() {
    let mut user = User::new(&base("hello"), "me");
    user.step(5, 0, "!");
    let old = user.undo.clone();
    user.step(0, 0, "<");
    let mut shallow = user.doc.shallow_at(user.doc.version()).expect("critical");
    let floor = shallow.remote_version();
    let me = shallow.get_or_create_agent_id("new").expect("a name");
    let mut stack = old;
    let text = shallow.content();
    for _ in 0..2 {
        let error = stack
            .undo(&mut shallow, me)
            .map(drop)
            .expect_err("below the floor");
        assert_eq!(error.kind(), ErrorKind::MissingDependency);
        assert_eq!(
            error,
            UndoError::BelowFloor {
                floor: floor.clone()
            }
        );
        let edit = stack
            .insert(&mut shallow, me, 0, "x")
            .expect_err("below the floor");
        assert_eq!(
            edit,
            UndoError::BelowFloor {
                floor: floor.clone()
            }
        );
        assert_eq!((shallow.content(), stack.n_undo()), (text.clone(), 1));
    }
    stack.clear();
    assert_eq!(stack.n_undo(), 0);
    stack.insert(&mut shallow, me, 0, "x").expect("in range");
    stack
        .undo(&mut shallow, me)
        .map(drop)
        .expect("can be undone");
    assert_eq!(shallow.content(), text);
}

/// Story 39: exactly what was done is taken back, whatever the edits are made of.
#[test]
fn undo_of_text_is_the_exact_inverse() {
    let mut user = User::new(&base("one two three"), "me");
    user.edit(4, 3, "2");
    user.edit(0, 3, "1");
    user.edit(4, 0, "\u{1F600}");
    user.edit(3, 1, "");
    user.undo.boundary();
    assert_eq!(user.text(), "1 2\u{1F600}three");
    assert!(user.undo());
    assert_eq!(user.text(), "one two three");
    assert!(user.redo());
    assert_eq!(user.text(), "1 2\u{1F600}three");
}

/// Story 40: the same text each round, and a stack that does not grow.
#[test]
fn rounds_of_undo_and_redo_end_where_they_began() {
    let start = base("a text to work on");
    let mut user = User::new(&start, "me");
    user.step(2, 0, "short ");
    user.step(8, 4, "note");
    user.step(0, 1, "the");
    let mut other = User::new(&start, "other");
    other.step(9, 0, "worth ");
    settle(&mut [&mut user, &mut other]);
    let after = user.text();
    user.undo_all();
    let before = user.text();
    assert_eq!(before, "a text toworth  work on");
    user.redo_all();
    assert_eq!(user.text(), after);
    let size = user.undo.to_bytes().len();
    for _ in 0..100 {
        user.undo_all();
        assert_eq!(user.text(), before);
        assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (0, 3));
        user.redo_all();
        assert_eq!(user.text(), after);
        assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (3, 0));
    }
    // Sequence numbers take a byte more.
    assert!(user.undo.to_bytes().len() <= size + 2);
}

/// Story 41: both the insert and its concurrent delete are taken back, in any order, or at once.
#[test]
fn undo_of_an_insert_and_of_its_concurrent_delete_is_one_text_everywhere() {
    for order in 0..3 {
        let start = base("[]");
        let (mut ann, mut bob) = (User::new(&start, "ann"), User::new(&start, "bob"));
        ann.step(1, 0, "x");
        bob.hear(&ann);
        bob.step(1, 1, "");
        match order {
            0 => {
                ann.hear(&bob);
                // It is gone: nothing is left to take back.
                assert!(!ann.undo());
                bob.hear(&ann);
                assert!(bob.undo());
            }
            1 => {
                assert!(bob.undo());
                ann.hear(&bob);
                assert!(!ann.undo());
            }
            _ => {
                assert!(ann.undo());
                assert!(bob.undo());
            }
        }
        settle(&mut [&mut ann, &mut bob]);
        // What bob brought back is bob's.
        assert_eq!(ann.text(), "[x]");
    }
}

/// Story 42: what was brought back reads the same to who decodes it afresh.
#[test]
fn restored_text_is_the_same_to_a_fresh_decoder() {
    let mut user = User::new(&base("\u{e9}t\u{e9} \u{1F600} fin"), "me");
    user.step(1, 5, "");
    user.step(0, 1, "");
    assert!(user.undo() && user.undo());
    assert_eq!(user.text(), "\u{e9}t\u{e9} \u{1F600} fin");
    user.doc.drop_deleted_text();
    for bytes in [user.doc.encode_full(), user.doc.save()] {
        let fresh = TextDoc::decode(&bytes).expect("valid");
        assert_eq!(fresh.content(), user.text());
        assert_eq!(fresh, user.doc);
    }
}

/// Trap 9: an edit and what takes it back, in any order and any number of times, is one text.
#[test]
fn trap_09_an_undo_in_any_order_is_one_text() {
    let start = base("abc");
    let mut user = User::new(&start, "me");
    let summary = user.doc.summary();
    user.step(1, 1, "XY");
    let edit = user.doc.encode_missing(&summary);
    let summary = user.doc.summary();
    assert!(user.undo());
    let undo = user.doc.encode_missing(&summary);
    for order in [
        vec![&edit, &undo],
        vec![&undo, &edit, &undo],
        vec![&edit, &undo, &edit],
    ] {
        let mut doc = start.clone();
        for update in order {
            // Early ones come again.
            drop(doc.apply_update(update));
        }
        assert_eq!(doc.content(), "abc");
        assert_eq!(doc, user.doc);
    }
    // One without the undo hears of it with the rest.
    let mut late = start.clone();
    late.apply_update(&edit).expect("nothing is missing");
    assert_eq!(late.content(), "aXYc");
    late.merge(&user.doc).expect("nothing is missing");
    assert_eq!(late.content(), "abc");
}

/// Trap 10: one step, taken back on two replicas that know of different things.
#[test]
fn trap_10_two_undos_of_one_step_from_different_bases_converge() {
    for (n_deleted, inserted, expected) in [(0, "XY", "a!bc?"), (1, "", "a!bbc?")] {
        let start = base("abc");
        let mut first = User::new(&start, "me");
        first.step(1, n_deleted, inserted);
        let mut second = User::new(&first.doc, "me, elsewhere");
        let bytes = first.undo.to_bytes();
        second.undo = UndoStack::from_bytes(&bytes, &DecodeLimits::default()).expect("valid");
        first.doc.insert(first.me, 1, "!").expect("in range");
        let end = second.doc.len_chars();
        second.doc.insert(second.me, end, "?").expect("in range");
        for user in [&mut first, &mut second] {
            user.screen = user.doc.content().chars().collect();
            assert!(user.undo());
        }
        settle(&mut [&mut first, &mut second]);
        // What is inserted goes once; what is brought back twice is there twice.
        let sorted = |text: &str| {
            let mut text: Vec<char> = text.chars().collect();
            text.sort_unstable();
            text
        };
        assert_eq!(sorted(&first.text()), sorted(expected));
    }
}

#[test]
fn what_others_deleted_is_not_deleted_twice_and_what_they_wrote_stays() {
    let start = base("()");
    let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
    me.step(1, 0, "abcdef");
    other.hear(&me);
    other.step(2, 2, "--");
    other.step(6, 0, "!");
    me.hear(&other);
    assert_eq!(me.text(), "(a--de!f)");
    assert!(me.undo());
    assert_eq!(me.text(), "(--!)");
    assert!(me.redo());
    assert_eq!(me.text(), "(a--de!f)");
}

/// Steps are not taken back past later ones: the text that those deleted counts as theirs.
#[test]
fn what_a_later_step_deleted_goes_with_the_step_that_wrote_it() {
    let mut user = User::new(&TextDoc::new(), "me");
    user.step(0, 0, "hello");
    user.step(0, 5, "");
    user.step(0, 0, "bye");
    let mut texts = Vec::new();
    while user.undo() {
        texts.push(user.text());
    }
    assert_eq!(texts, ["", "hello", ""]);
}

#[test]
fn edits_between_boundaries_are_one_step_whoever_edits_meanwhile() {
    let start = base("()");
    let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
    me.edit(1, 0, "a");
    me.edit(2, 0, "b");
    other.step(0, 0, "<");
    me.hear(&other);
    me.edit(4, 0, "c");
    assert_eq!((me.undo.n_undo(), me.text()), (1, "<(abc)".to_owned()));
    me.undo.boundary();
    me.undo.boundary();
    me.edit(5, 0, "d");
    assert_eq!(me.undo.n_undo(), 2);
    assert!(me.undo());
    assert_eq!(me.text(), "<(abc)");
    assert!(me.undo());
    assert_eq!(me.text(), "<()");
    assert!(!me.undo());
    assert_eq!(me.undo.n_redo(), 2);
    // Nothing is made again past a new edit.
    assert!(me.redo());
    me.edit(0, 1, "");
    assert_eq!((me.undo.n_undo(), me.undo.n_redo()), (2, 0));
}

/// A step that took itself back is none, and what comes next is not part of the one before.
#[test]
fn edits_that_take_themselves_back_are_no_step() {
    let start = base("()");
    let (mut me, mut other) = (User::new(&start, "me"), User::new(&start, "other"));
    me.step(1, 0, "a");
    me.edit(2, 0, "b");
    me.edit(2, 1, "");
    other.step(0, 0, "<");
    me.hear(&other);
    me.edit(3, 0, "c");
    assert_eq!((me.undo.n_undo(), me.text()), (2, "<(ac)".to_owned()));
    assert!(me.undo());
    assert_eq!(me.text(), "<(a)");
}

#[test]
fn edits_past_the_stack_are_those_of_others() {
    let mut user = User::new(&base("()"), "me");
    user.step(1, 0, "ab");
    user.doc.insert(user.me, 2, "-").expect("in range");
    user.undo
        .undo(&mut user.doc, user.me)
        .map(drop)
        .expect("can be undone");
    assert_eq!(user.doc.content(), "(-)");
}

#[test]
fn edits_are_in_every_unit() {
    let mut user = User::new(&base("\u{1F600}b"), "me");
    user.undo
        .insert(&mut user.doc, user.me, Utf16(2), "x")
        .expect("a boundary");
    user.undo
        .delete(&mut user.doc, user.me, Bytes(0)..Bytes(4))
        .expect("boundaries");
    assert_eq!(user.doc.content(), "xb");
    user.undo
        .undo(&mut user.doc, user.me)
        .map(drop)
        .expect("can be undone");
    assert_eq!(user.doc.content(), "\u{1F600}b");
}

#[test]
fn refused_edits_leave_no_step() {
    let mut user = User::new(&base("abc"), "me");
    let doc = &mut user.doc;
    let refused = [
        user.undo.insert(doc, user.me, 4, "x"),
        user.undo.insert(doc, user.me, 0, ""),
        user.undo.delete(doc, user.me, 2..9),
        user.undo.replace(doc, user.me, 1..1, ""),
    ];
    let expected = [
        EditError::OutOfBounds { at: 4, len: 3 },
        EditError::Empty,
        EditError::OutOfBounds { at: 9, len: 3 },
        EditError::Empty,
    ];
    assert_eq!(refused, expected.map(|error| Err(UndoError::Edit(error))));
    assert_eq!((user.undo.n_undo(), user.text()), (0, "abc".to_owned()));
    assert!(!user.undo() && !user.redo());
}

#[test]
fn an_undo_that_is_refused_can_be_tried_again() {
    let mut user = User::new(&base("abc"), "me");
    user.step(1, 1, "X");
    user.step(0, 0, "<");
    let mut stranger = TextDoc::new();
    let unknown = (0..9).map(|n| stranger.get_or_create_agent_id(format!("agent {n}")));
    let unknown = unknown.last().expect("some").expect("names");
    let error = user.undo.undo(&mut user.doc, unknown).map(drop);
    let expected = UndoError::Edit(GraphError::UnknownAgent.into());
    assert_eq!(error, Err(expected));
    assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (2, 0));
    user.undo_all();
    assert_eq!(user.text(), "abc");
}

#[test]
fn a_stack_of_another_document_is_refused() {
    let mut user = User::new(&base("abc"), "me");
    user.step(1, 1, "");
    let mut behind = User::new(&base("abc"), "other");
    let error = user.undo.undo(&mut behind.doc, behind.me).map(drop);
    assert_eq!(error, Err(UndoError::MissingDependency(dot("me", 0))));
    // One that uses the same names for other events.
    let mut twin = User::new(&base("another text"), "me");
    twin.step(0, 5, "");
    let error = user.undo.undo(&mut twin.doc, twin.me).map(drop);
    assert_eq!(error, Err(UndoError::OtherDocument));
    assert_eq!(UndoError::OtherDocument.kind(), ErrorKind::Misuse);
    assert!(user.undo());
    assert_eq!(user.text(), "abc");
}

#[test]
fn a_stack_stays_within_its_limits() {
    let mut user = User::new(&base("abc"), "me");
    user.undo = UndoStack::new().with_limits(3, 1 << 20);
    for _ in 0..10 {
        user.step(0, 0, "x");
    }
    assert_eq!(user.undo.n_undo(), 3);
    user.undo_all();
    assert_eq!(user.text(), "xxxxxxxabc");
    assert_eq!(user.undo.n_redo(), 3);

    // Steps that hold much text; of one that holds too much, nothing can be undone.
    let mut user = User::new(&base(&"long ".repeat(1000)), "me");
    user.undo = UndoStack::new().with_limits(100, 2500);
    for _ in 0..4 {
        user.step(0, 1000, "");
    }
    assert_eq!(user.undo.n_undo(), 2);
    user.undo_all();
    assert_eq!(user.text().len(), 3000);
    user.step(0, 2600, "");
    assert_eq!((user.undo.n_undo(), user.undo.n_redo()), (0, 0));

    // What others do far from each other takes room too.
    let (mut me, mut other) = (User::new(&user.doc, "ann"), User::new(&user.doc, "bob"));
    me.undo = UndoStack::new().with_limits(100, 1000);
    me.step(0, 1, "");
    for pos in 0..100 {
        other.step(pos * 3, 0, "!");
    }
    me.hear(&other);
    assert!(!me.undo());
    assert_eq!(me.undo.n_undo(), 0);
}

#[test]
fn stacks_of_bad_will_are_refused_or_undo_something() {
    let mut user = User::new(&base("some text"), "me");
    user.step(1, 3, "XY");
    user.step(0, 0, "\u{1F600}");
    user.step(2, 1, "");
    user.undo();
    let mut other = User::new(&user.doc, "other");
    other.step(3, 2, "--");
    user.hear(&other);
    user.edit(0, 1, "");
    user.undo();
    let bytes = user.undo.to_bytes();
    let limits = DecodeLimits::default();
    for len in 0..bytes.len() {
        let read = UndoStack::from_bytes(&bytes[..len], &limits);
        assert!(read.is_err(), "{len}");
    }
    let later = UndoStack::from_bytes(&[&[2], &bytes[1..]].concat(), &limits);
    let expected = DecodeError::UnknownVersion { found: 2 };
    assert_eq!(later.map(drop), Err(expected));
    let mut n_read = 0;
    for at in 0..bytes.len() {
        for change in 1..=255 {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            let Ok(mut stack) = UndoStack::from_bytes(&changed, &limits) else {
                continue;
            };
            n_read += 1;
            assert_eq!(stack.to_bytes(), changed);
            let mut doc = user.doc.clone();
            for _ in 0..4 {
                drop(stack.undo(&mut doc, user.me).map(drop));
            }
            for _ in 0..4 {
                drop(stack.redo(&mut doc, user.me).map(drop));
            }
            let text = doc.oplog().text_at(doc.version()).expect("the tip");
            assert_eq!(text, doc.content());
        }
    }
    assert!(n_read > 100, "{n_read}");
}
