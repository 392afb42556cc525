//! Sessions that outlive their process, and sessions that go another way.

use std::{path::Path, sync::Arc};

use attractor_llm::Client;
use tokio_util::sync::CancellationToken;

use super::{
    Session, SessionConfig,
    handle::Shared,
    history::History,
    new_id,
    record::{Header, Line, Parent, Record},
};
use crate::{environment::ExecutionEnvironment, error::Error, profile::ProviderProfile};

impl Session {
    /// Writes the conversation to a new file, and all that comes from now on as it happens:
    /// docs/session-file.md has the format. Nothing is sent to a model before it stands there, so
    /// that a process which is killed leaves a file that [`resume`](Self::resume) goes on with. It
    /// isn't forced to the disk: what a power failure leaves is the file system's business.
    ///
    /// # Errors
    /// `Io`, `PermissionDenied` or `NotFound` where the file can't be made, `InvalidInput` where
    /// the session has a file already.
    pub fn record_to(&mut self, path: impl AsRef<Path>) -> Result<(), Error> {
        if self.history.is_recorded() {
            return Err(Error::invalid_input("the session has a file already"));
        }
        let mut header = Header::new(self.id(), self.environment.working_directory());
        header.parent.clone_from(&self.parent);
        let record = Record::create(path.as_ref(), header)?;
        for prompt in self.prompts.all() {
            record.append(&Line::Prompt {
                provider: (&*prompt.provider).into(),
                model: (&*prompt.model).into(),
                system: (&*prompt.system).into(),
                tools: (&*prompt.tools).into(),
            });
        }
        if let Some(prompt) = self.prompts.current() {
            record.append(&Line::Model {
                provider: (&*prompt.provider).into(),
                model: (&*prompt.model).into(),
            });
        }
        self.history.record_to(record)?;
        self.note_spent();
        self.history.save()
    }

    /// Goes on with the session in a file, and goes on writing to it.
    ///
    /// The conversation is as it was when its process ended, byte for byte, opaque reasoning
    /// included: the next request extends the last one, with the system prompt and the tools that
    /// were fixed then. Tool calls without a result are answered by an error. Another model than
    /// the last one takes over as after [`set_profile`](Self::set_profile). What the session had
    /// spent counts for the budget of `config`. Tools of the host have to be registered again;
    /// messages that hadn't become part of the conversation are gone.
    ///
    /// # Errors
    /// `NotFound`, `PermissionDenied` or `Io` where the file can't be read, `InvalidInput` for one
    /// that isn't a session's, has a later format, is damaged elsewhere than at its end, or is in
    /// use.
    pub fn resume(
        client: Client,
        profile: Arc<dyn ProviderProfile>,
        environment: Arc<dyn ExecutionEnvironment>,
        config: SessionConfig,
        path: impl AsRef<Path>,
    ) -> Result<Self, Error> {
        let (record, mut replayed) = Record::open(path.as_ref())?;
        let effort = config.reasoning_effort.clone();
        let mut session = Self::new(client, profile, environment, config);
        session.shared = Arc::new(Shared::new(
            replayed.header.id.as_str().into(),
            effort,
            CancellationToken::new(),
        ));
        session.parent.clone_from(&replayed.header.parent);
        session.config.budget.carry_over(replayed.spent);
        session.noted = session.config.budget.spent();
        session.history = History::restored(&mut replayed, record);
        session.prompts = replayed.prompts;
        session.history.settle();
        session.history.save()?;
        Ok(session)
    }

    /// A session of its own that has the first `turns` turns of this one's
    /// [`history`](Self::history), with the same prompts, tools, environment and settings; its
    /// requests begin as this one's, so that providers serve them from their cache. Tool calls
    /// whose results were left behind are answered by an error. It has no file until it is given
    /// one, what it spends this one has spent as well, and nobody watches it.
    ///
    /// # Errors
    /// `InvalidInput` for more turns than there are.
    pub fn fork_at(&self, turns: usize) -> Result<Self, Error> {
        let all = self.history.turns().len();
        if turns > all {
            return Err(Error::invalid_input(format!(
                "the session has {all} turns, not {turns}"
            )));
        }
        let mut fork = Self::new(
            self.client.clone(),
            Arc::clone(&self.profile),
            Arc::clone(&self.environment),
            self.config.clone(),
        );
        fork.tools = self.tools.clone();
        fork.host_tools.clone_from(&self.host_tools);
        fork.prompts = self.prompts.clone();
        fork.history = self.history.fork(turns);
        fork.depth = self.depth;
        fork.parent = Some(Parent {
            id: self.id().to_owned(),
            turns,
        });
        fork.shared = Arc::new(Shared::new(
            new_id().into(),
            self.shared.reasoning_effort(),
            CancellationToken::new(),
        ));
        Ok(fork)
    }

    /// Writes what was spent where that isn't only what the answers in the file say.
    pub(super) fn note_spent(&mut self) {
        let spent = self.config.budget.spent();
        if spent != self.noted {
            self.noted = spent;
            self.history.note(&Line::spent(spent));
        }
    }
}
