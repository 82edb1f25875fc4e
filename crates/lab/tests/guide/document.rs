//! A markdown document as a list of steps: the commands of its `console` blocks, and what they should print.

/// A document, read.
pub(crate) struct Document {
    /// As a reader names it: `labs/lab1/README.md`.
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

/// A command, and what it should print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Where the command stands, from 1.
    pub(crate) line: usize,
    pub(crate) command: String,
    /// Whether it runs until the document ends.
    pub(crate) background: bool,
    pub(crate) expected: Vec<String>,
}

impl Document {
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let mut steps = Vec::new();
        let mut fence: Option<Fence> = None;
        for (at, line) in text.lines().enumerate() {
            match &mut fence {
                None => fence = Fence::opened_by(line.trim_start()),
                Some(open) if open.is_closed_by(line.trim()) => {
                    steps.append(&mut open.steps);
                    fence = None;
                }
                Some(open) if open.runs => open.read(at + 1, line),
                Some(_) => {}
            }
        }
        Self {
            name: name.to_owned(),
            steps: steps.into_iter().map(Step::finished).collect(),
        }
    }
}

/// A code block that is open.
struct Fence {
    marks: String,
    runs: bool,
    steps: Vec<Step>,
}

impl Fence {
    fn opened_by(line: &str) -> Option<Self> {
        let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = line.trim_start_matches(mark);
        let marks = line[..line.len() - info.len()].to_owned();
        (marks.len() >= 3).then(|| Self {
            runs: info.trim() == "console",
            marks,
            steps: Vec::new(),
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        line.starts_with(&self.marks) && line.chars().all(|c| self.marks.starts_with(c))
    }

    fn read(&mut self, at: usize, line: &str) {
        if let Some(step) = self.steps.last_mut() {
            if let Some(begun) = step.command.strip_suffix('\\') {
                step.command = format!("{begun}{}", line.trim());
                return;
            }
            if !line.starts_with("$ ") {
                step.expected.push(line.to_owned());
                return;
            }
        }
        self.steps.push(Step {
            line: at,
            command: line.trim_start_matches("$ ").trim_end().to_owned(),
            background: false,
            expected: Vec::new(),
        });
    }
}

impl Step {
    /// Empty lines at the end set one command apart from the next and are no output.
    fn finished(mut self) -> Self {
        while self
            .expected
            .last()
            .is_some_and(|line| line.trim().is_empty())
        {
            self.expected.pop();
        }
        if let Some(command) = self.command.strip_suffix(" &") {
            self.background = true;
            self.command = command.to_owned();
        }
        self
    }
}

#[test]
fn only_console_blocks_are_steps() {
    let text = "\
$ not this

```sh
$ nor this
```

````text
```console
$ nor this
```
````

```console
$ first \\
    --long
one

two

$ second &
```
";
    let steps = Document::parse("x.md", text).steps;
    let step = |line, command: &str, background, expected: &[&str]| Step {
        line,
        command: command.to_owned(),
        background,
        expected: expected.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(
        steps,
        [
            step(14, "first --long", false, &["one", "", "two"]),
            step(20, "second", true, &[]),
        ]
    );
}
