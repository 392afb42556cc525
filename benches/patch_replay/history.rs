//! Commits and what they change, as git tells it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A repository with a process that reads its objects.
pub(crate) struct Repository {
    path: PathBuf,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    reader: Child,
}

/// What a commit changes.
pub(crate) struct Changes {
    pub(crate) files: Vec<Change>,
    /// Files that no patch can express.
    pub(crate) left_out: usize,
}

/// What a commit makes of one file.
pub(crate) struct Change {
    pub(crate) old_path: String,
    pub(crate) path: String,
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Option<Vec<u8>>,
    /// The hunks of git's diff, each from its `@@` line.
    pub(crate) diff: String,
}

impl Drop for Repository {
    fn drop(&mut self) {
        // It only reads; that it has ended already is no concern.
        let _ = self.reader.kill();
        let _ = self.reader.wait();
    }
}

impl Repository {
    pub(crate) fn open(path: &Path) -> Self {
        let mut reader = git(path)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            path: path.to_owned(),
            input: reader.stdin.take().unwrap(),
            output: BufReader::new(reader.stdout.take().unwrap()),
            reader,
        }
    }

    /// The last commits with exactly one parent.
    pub(crate) fn commits(&self, number: usize) -> Vec<String> {
        let number = number.to_string();
        let arguments = [
            "rev-list",
            "--min-parents=1",
            "--max-parents=1",
            "-n",
            &number,
            "HEAD",
        ];
        let list = String::from_utf8(self.run(&arguments)).unwrap();
        list.lines().map(str::to_owned).collect()
    }

    pub(crate) fn changes(&mut self, commit: &str, context: usize) -> Changes {
        let parent = format!("{commit}^");
        let raw = self.run(&["diff", "--raw", "-z", "-M", "--abbrev=40", &parent, commit]);
        let raw = String::from_utf8_lossy(&raw).into_owned();
        let mut fields = raw.split('\0').filter(|field| !field.is_empty());
        let mut changes = Changes {
            files: Vec::new(),
            left_out: 0,
        };
        while let Some(entry) = fields.next() {
            let parts: Vec<&str> = entry.trim_start_matches(':').split(' ').collect();
            let [old_mode, mode, old, new, status] = parts[..] else {
                continue;
            };
            let old_path = fields.next().unwrap();
            let path = if status.starts_with('R') {
                fields.next().unwrap()
            } else {
                old_path
            };
            let is_file = |mode: &str| mode.starts_with("100") || mode == "000000";
            if old == new && old_path == path {
                continue;
            }
            let change = (is_file(old_mode) && is_file(mode))
                .then(|| {
                    let diff = self.diff(&parent, commit, context, [old_path, path])?;
                    Some(Change {
                        before: self.blob(old),
                        after: self.blob(new),
                        old_path: old_path.to_owned(),
                        path: path.to_owned(),
                        diff,
                    })
                })
                .flatten();
            match change {
                Some(change) if change.is_text() => changes.files.push(change),
                _ => changes.left_out += 1,
            }
        }
        changes
    }

    /// The hunks between two commits; nothing where they aren't UTF-8.
    fn diff(&self, from: &str, to: &str, context: usize, paths: [&str; 2]) -> Option<String> {
        let context = format!("-U{context}");
        let options = [
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--inter-hunk-context=0",
            "-M",
        ];
        let mut arguments = vec!["--literal-pathspecs", "diff", &context];
        arguments.extend(options);
        arguments.extend([from, to, "--"]);
        arguments.extend(paths);
        let diff = self.run(&arguments);
        let start = diff.windows(4).position(|bytes| bytes == b"\n@@ ")? + 1;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        // A header that git cut within a character is no reason to leave the file out.
        text(&diff[start..])
            .or_else(|| mended(&diff[start..]))
            .or_else(|| {
                eprintln!("left out {to} {paths:?}: not UTF-8");
                None
            })
    }

    fn blob(&mut self, id: &str) -> Option<Vec<u8>> {
        if id.bytes().all(|byte| byte == b'0') {
            return None;
        }
        writeln!(self.input, "{id}").unwrap();
        self.input.flush().unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let size: usize = line.trim().rsplit(' ').next()?.parse().unwrap();
        let mut content = vec![0; size + 1];
        self.output.read_exact(&mut content).unwrap();
        content.pop();
        Some(content)
    }

    fn run(&self, arguments: &[&str]) -> Vec<u8> {
        let output = git(&self.path).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        output.stdout
    }
}

impl Change {
    fn is_text(&self) -> bool {
        let contents = [&self.before, &self.after];
        let mut contents = contents.into_iter().flatten();
        contents.all(|content| !content[..content.len().min(8_000)].contains(&0))
            && self
                .after
                .as_ref()
                .is_none_or(|after| self.before.is_some() || std::str::from_utf8(after).is_ok())
    }
}

/// The diff with what isn't UTF-8 at the ends of `@@` lines left out; nothing where other lines have
/// such bytes.
fn mended(diff: &[u8]) -> Option<String> {
    let lines =
        diff.split_inclusive(|byte| *byte == b'\n')
            .map(|line| match std::str::from_utf8(line) {
                Ok(line) => Some(line.to_owned()),
                Err(error) if line.starts_with(b"@@ ") => {
                    let valid = String::from_utf8_lossy(&line[..error.valid_up_to()]).into_owned();
                    Some(valid + "\n")
                }
                Err(_) => None,
            });
    lines.collect()
}

fn git(path: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(path)
        .args(["-c", "core.quotePath=false"]);
    command
}
