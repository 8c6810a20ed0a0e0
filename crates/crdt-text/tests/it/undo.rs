//! Undo and redo, alone and among others.

mod stack;
mod stories;

use crdt_core::codec::{Decode, Encode};
use crdt_testkit::Rng;
use crdt_text::{AgentIdx, DecodeLimits, TextDoc, TextUndoStack};

use crate::support::{apply, seeds};

/// A user with a document, an undo stack and a copy of the text on the screen.
struct User {
    doc: TextDoc,
    me: AgentIdx,
    undo: TextUndoStack,
    screen: Vec<char>,
}

impl User {
    fn new(doc: &TextDoc, name: &str) -> Self {
        let mut doc = doc.clone();
        let me = doc.get_or_create_agent_id(name).expect("a name");
        let screen = doc.content().chars().collect();
        let undo = TextUndoStack::new();
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
            let undo = TextUndoStack::from_bytes(&bytes, &DecodeLimits::default());
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
