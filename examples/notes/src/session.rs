//! One run of the program: a file, an agent, links.

use core::time::Duration;
use std::sync::mpsc;

use crdt_core::AgentId;
use crdt_sync::tcp::{Options, Service};
use crdt_sync::{Config, DocId, RedbStorage};

use crate::Failure;
use crate::arguments::Arguments;
use crate::command::Command;
use crate::notes::{EditError, Minted, Notes, NotesDelta};

pub(crate) struct Session {
    service: Service<Notes, RedbStorage>,
    doc: DocId,
    agent: AgentId,
    address: Option<core::net::SocketAddr>,
}

impl Session {
    pub(crate) async fn start(arguments: &Arguments) -> Result<Self, Failure> {
        let doc = DocId::from_name("notes");
        // A new name for each session: no two places ever write as one agent.
        let agent = match &arguments.agent {
            Some(name) => AgentId::new(name)?,
            None => AgentId::random()?,
        };
        let storage = RedbStorage::create(&arguments.file)?;
        let mut options = Options::default();
        options.max_backoff = Duration::from_secs(1);
        let service = Service::start(storage, Config::default(), options)?;
        service.add_document(doc).await?;
        let address = match &arguments.listen {
            Some(address) => Some(service.listen(address).await?),
            None => None,
        };
        if let Some(address) = &arguments.connect {
            service.connect(address.clone()).await?;
        }
        Ok(Self {
            service,
            doc,
            agent,
            address,
        })
    }

    /// Who this is, and where it can be reached.
    pub(crate) fn greeting(&self) -> String {
        let listening = self
            .address
            .map(|address| format!(", listening on {address}"));
        format!("agent {}{}", self.agent, listening.unwrap_or_default())
    }

    /// Does what the user said; returns the answer.
    pub(crate) async fn obey(&self, command: Command) -> Result<String, Failure> {
        match command {
            Command::Append(line) => self.edit(move |notes, me| notes.append(me, &line)).await,
            Command::Tick(name) => self.edit(move |notes, me| notes.tick(me, &name)).await,
            Command::Show => Ok(self.service.read(self.doc, Notes::to_string).await?),
            Command::Digest => {
                let digest = self.service.read(self.doc, Notes::digest).await?;
                Ok(format!("digest {digest:032x}"))
            }
            Command::Quit => Ok(String::new()),
        }
    }

    /// Edits, and answers when the edit is durable: from then on it outlives this process.
    async fn edit(
        &self,
        edit: impl FnOnce(&mut Notes, &AgentId) -> Result<(NotesDelta, Minted), EditError>
        + Send
        + 'static,
    ) -> Result<String, Failure> {
        let me = self.agent.clone();
        let (tell, told) = mpsc::channel();
        let edited = self.service.edit(self.doc, move |notes| {
            let (delta, minted) = edit(notes, &me).map_err(NotEdited)?;
            // The receiver is below, and stays.
            drop(tell.send(minted));
            Ok::<_, NotEdited>(delta)
        });
        edited.await?;
        Ok(format!("done {}", told.try_recv()?))
    }

    pub(crate) async fn stop(self) {
        drop(self.service.stop().await);
    }
}

/// An edit that failed, with the reason.
#[derive(Debug, thiserror::Error)]
#[error("nothing was edited")]
struct NotEdited(#[source] EditError);
