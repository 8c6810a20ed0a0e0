//! One process of the program, with its input and output.

use core::time::Duration;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    /// Lines that it printed.
    output: Receiver<String>,
}

impl Process {
    /// Starts the program, and waits until it takes commands.
    pub(crate) fn start(file: &Path, link: &[String; 2], agent: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_notes"));
        command.arg("--file").arg(file).args(link);
        if let Some(agent) = agent {
            command.args(["--agent", agent]);
        }
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let input = child.stdin.take().expect("its input is a pipe");
        let output = child.stdout.take().expect("its output is a pipe");
        let (lines, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // What comes after the test has ended is for nobody.
                drop(lines.send(line));
            }
        });
        let process = Self {
            child,
            input,
            output: receiver,
        };
        let greeting = process.answer();
        assert!(greeting.starts_with("agent "), "{greeting:?}");
        process
    }

    /// Writes a command; the answer comes later.
    pub(crate) fn say(&mut self, command: &str) {
        let said = writeln!(self.input, "{command}").and_then(|()| self.input.flush());
        said.expect("the process reads");
    }

    /// The next line that it prints.
    pub(crate) fn answer(&self) -> String {
        let answer = self.output.recv_timeout(PATIENCE);
        answer.expect("the process answers")
    }

    /// What was printed and not looked at yet; of a process that was killed, all of it.
    pub(crate) fn take_answers(&mut self) -> Vec<String> {
        self.output.try_iter().collect()
    }

    pub(crate) fn digest(&mut self) -> String {
        self.say("digest");
        self.answer()
    }

    pub(crate) fn show(&mut self) -> Vec<String> {
        self.say("show");
        let mut shown = Vec::new();
        loop {
            let line = self.answer();
            let is_last = line.ends_with(" edits") && !line.starts_with("| ");
            shown.push(line);
            if is_last {
                return shown;
            }
        }
    }

    /// `kill -9`; what it printed before stays to be read.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is a child of this process");
        // The thread that reads ends at the end of the pipe; until then lines may come.
        let (_, nothing) = mpsc::channel();
        let lines = core::mem::replace(&mut self.output, nothing);
        let (all, receiver) = mpsc::channel();
        for line in &lines {
            all.send(line).expect("the receiver is below");
        }
        self.output = receiver;
    }

    pub(crate) fn quit(&mut self) {
        self.say("quit");
        let status = self.child.wait().expect("it is a child of this process");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Process {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
