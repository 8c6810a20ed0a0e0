//! What the types promise beside their methods: threads, copies, and serde.

use crdt_text::{
    Anchor, AnchorError, Bias, Branch, Bytes, Chars, Direction, EditError, OpLog, Patch, Patches,
    RemoteRun, TextDoc, TextOp, TextUndoStack, UndoError, Update, UpdateError, Utf16,
};

const fn is_shared_between_threads<T: Send + Sync>() {}

const _: () = {
    is_shared_between_threads::<OpLog>();
    is_shared_between_threads::<Branch>();
    is_shared_between_threads::<TextDoc>();
    is_shared_between_threads::<Update>();
    is_shared_between_threads::<Patches<'static>>();
    is_shared_between_threads::<Patch<'static>>();
    is_shared_between_threads::<TextOp<'static>>();
    is_shared_between_threads::<RemoteRun<'static>>();
    is_shared_between_threads::<EditError>();
    is_shared_between_threads::<UpdateError>();
    is_shared_between_threads::<Chars>();
    is_shared_between_threads::<Bytes>();
    is_shared_between_threads::<Utf16>();
    is_shared_between_threads::<Direction>();
    is_shared_between_threads::<Anchor>();
    is_shared_between_threads::<AnchorError>();
    is_shared_between_threads::<Bias>();
    is_shared_between_threads::<TextUndoStack>();
    is_shared_between_threads::<UndoError>();
};

/// Many readers of one op log at once, each on a branch of its own.
#[test]
fn one_op_log_serves_many_threads() {
    let oplog = crate::support::oplog_from("a:0 [] ins 0 abc\nb:0 [] ins 0 xyz");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(Branch::new_at_tip(&oplog).content(), "abcxyz"));
        }
    });
}

#[test]
fn a_copy_of_a_document_goes_its_own_way() {
    let mut doc = TextDoc::from(crate::support::oplog_from("a:0 [] ins 0 abc"));
    let copy = doc.clone();
    let a = doc.get_or_create_agent_id("a").expect("a name");
    doc.insert(a, 3, "d").expect("an insert");
    assert_eq!(
        (copy.content(), doc.content()),
        ("abc".into(), "abcd".into())
    );
    assert_ne!(copy.oplog(), doc.oplog());
}

#[cfg(feature = "serde")]
#[test]
fn values_survive_serde() -> Result<(), serde_json::Error> {
    fn there_and_back<T>(value: T, json: &str) -> Result<(), serde_json::Error>
    where
        T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + core::fmt::Debug,
    {
        assert_eq!(serde_json::to_string(&value)?, json);
        assert_eq!(serde_json::from_str::<T>(json)?, value);
        Ok(())
    }
    there_and_back(Chars(7), "7")?;
    there_and_back(Bytes(usize::MAX), &usize::MAX.to_string())?;
    there_and_back(Utf16(0), "0")?;
    there_and_back(Direction::Forward, "\"Forward\"")?;
    there_and_back(Direction::Backward, "\"Backward\"")?;
    there_and_back(Bias::Right, "\"Right\"")?;
    let doc = TextDoc::from(crate::support::oplog_from("a:0 [] ins 0 x"));
    let anchor = doc.anchor(1, Bias::Left).expect("in range");
    let json = |dots| format!("{{\"version\":[{dots}],\"pos\":1,\"bias\":\"Left\"}}");
    there_and_back(anchor, &json("{\"agent\":\"a\",\"seq\":0}"))?;
    let twice = json("{\"agent\":\"a\",\"seq\":0},{\"agent\":\"a\",\"seq\":0}");
    assert!(serde_json::from_str::<Anchor>(&twice).is_err());
    let json = serde_json::to_string(&TextOp::insert(1, "\u{1f600}"))?;
    assert_eq!(json, "{\"Insert\":{\"pos\":1,\"text\":\"\u{1f600}\"}}");
    let oplog = crate::support::oplog_from("a:0 [] ins 0 x");
    let patches = oplog
        .transformed_ops(&Default::default(), oplog.version())
        .expect("versions");
    let json = serde_json::to_string(&patches.iter().next())?;
    assert_eq!(json, "{\"pos\":0,\"deleted\":0,\"inserted\":\"x\"}");
    Ok(())
}
