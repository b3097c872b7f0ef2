//! The debug adapter, as its client sees it: the real program, spoken to over its standard input and output.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// So many breakpoints are set in one request.
const BREAKPOINTS: u32 = 1000;
/// The array that is shown by pages has so many elements, ...
const ELEMENTS: u32 = 100_000;
/// ... and a page so many.
const PAGE: u32 = 100;

#[derive(clap::Args)]
pub struct Args {
    /// How often to measure everything
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// The program to measure [default: target/release/trapline]
    #[arg(long)]
    trapline: Option<PathBuf>,
}

/// Measures, and prints what there is to say.
pub fn run(args: &Args) -> Result<()> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let built = || repository.join("target/release/trapline");
    let trapline = args.trapline.clone().unwrap_or_else(built);
    ensure!(
        trapline.is_file(),
        "{} is not there; build it with `cargo build --release -p trapline-cli`",
        trapline.display()
    );
    let guests = repository.join("tests/guests").canonicalize()?;
    let mut client = Client::start(&trapline)?;
    let source = guests.join("crash/report.c");
    client.ask("initialize", &json!({ "adapterID": "bench" }))?;
    let program = guests.join("crash/crash.wasm");
    client.ask("launch", &json!({ "program": program }))?;
    let line = json!({ "source": { "path": source }, "breakpoints": [{ "line": 22 }] });
    client.ask("setBreakpoints", &line)?;
    client.ask("configurationDone", &json!({}))?;
    client.wait_for("stopped")?;

    let mut looks = Vec::new();
    let mut steps = Vec::new();
    for round in 0..args.rounds.max(1) {
        // In and out again, and around the loop.
        let command = ["next", "stepIn"][round % 2];
        let begin = Instant::now();
        client.ask(command, &json!({ "threadId": 1 }))?;
        client.wait_for("stopped")?;
        steps.push(begin.elapsed());
        let begin = Instant::now();
        client.look()?;
        looks.push(begin.elapsed());
        if round % 4 == 3 {
            client.ask("restart", &json!({}))?;
            client.wait_for("stopped")?;
        }
    }
    report("a step, to the event", &mut steps);
    report("stackTrace, scopes, variables of the top frame", &mut looks);

    let mut sets = Vec::new();
    for round in 0..args.rounds.max(1) {
        // Different ones each time, so that none is known already.
        let condition = format!("day == {round}");
        let lines =
            (1..=BREAKPOINTS).map(|line| json!({ "line": line % 40 + 1, "condition": condition }));
        let wanted = json!({
            "source": { "path": source },
            "breakpoints": lines.collect::<Vec<_>>(),
        });
        let begin = Instant::now();
        let set = client.ask("setBreakpoints", &wanted)?;
        sets.push(begin.elapsed());
        let set = set["breakpoints"].as_array().context("no breakpoints")?;
        ensure!(
            set.len() == BREAKPOINTS as usize && set[0]["verified"] == true,
            "{set:?}"
        );
    }
    report("a thousand breakpoints in one request", &mut sets);

    let array = client.ask(
        "evaluate",
        &json!({ "expression": format!("*archive->bytes@{ELEMENTS}"), "context": "watch" }),
    )?;
    ensure!(array["indexedVariables"] == ELEMENTS, "{array}");
    let reference = &array["variablesReference"];
    let mut pages = Vec::new();
    for start in (0..ELEMENTS).step_by(PAGE as usize) {
        let begin = Instant::now();
        let page = client.ask(
            "variables",
            &json!({
                "variablesReference": reference, "filter": "indexed", "start": start, "count": PAGE,
            }),
        )?;
        pages.push(begin.elapsed());
        let page = page["variables"].as_array().context("no variables")?;
        ensure!(
            page.len() == PAGE as usize && page[0]["name"] == format!("[{start}]"),
            "{page:?}"
        );
    }
    report("a page of 100 of an array of 100,000 elements", &mut pages);
    client.ask("disconnect", &json!({}))?;
    client.child.wait()?;
    Ok(())
}

/// Prints the median and the longest of several times.
fn report(what: &str, times: &mut [Duration]) {
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    let (Some(longest), median) = (times.last(), times[times.len() / 2]) else {
        return;
    };
    println!(
        "{:7.2} ms median, {:7.2} ms at most: {what}",
        milliseconds(median),
        milliseconds(*longest)
    );
}

/// A client of the adapter.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    seq: u64,
    events: Vec<Value>,
}

impl Client {
    fn start(trapline: &Path) -> Result<Client> {
        let mut child = Command::new(trapline)
            .arg("dap")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        Ok(Client {
            input: child.stdin.take().context("no input")?,
            output: BufReader::new(child.stdout.take().context("no output")?),
            child,
            seq: 0,
            events: Vec::new(),
        })
    }

    /// What an editor asks for at each stop.
    fn look(&mut self) -> Result<()> {
        let stack = json!({ "threadId": 1, "startFrame": 0, "levels": 20 });
        let stack = self.ask("stackTrace", &stack)?;
        let frame = &stack["stackFrames"][0]["id"];
        let scopes = self.ask("scopes", &json!({ "frameId": frame }))?;
        let locals = &scopes["scopes"][0]["variablesReference"];
        let variables = self.ask("variables", &json!({ "variablesReference": locals }))?;
        ensure!(variables["variables"][0]["name"].is_string(), "{variables}");
        Ok(())
    }

    fn ask(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        self.seq += 1;
        let request = json!({
            "seq": self.seq, "type": "request", "command": command, "arguments": arguments,
        });
        let content = request.to_string();
        write!(
            self.input,
            "Content-Length: {}\r\n\r\n{content}",
            content.len()
        )?;
        self.input.flush()?;
        loop {
            let message = self.receive()?;
            if message["request_seq"] == self.seq {
                ensure!(message["success"] == true, "{message}");
                return Ok(message["body"].clone());
            }
            self.events.push(message);
        }
    }

    fn wait_for(&mut self, event: &str) -> Result<()> {
        loop {
            let mut known = self.events.drain(..);
            if known.any(|message| message["event"] == event) {
                return Ok(());
            }
            drop(known);
            let message = self.receive()?;
            ensure!(message["event"] != "terminated", "the program has ended");
            self.events.push(message);
        }
    }

    fn receive(&mut self) -> Result<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                bail!("the adapter is gone");
            }
            match line.trim().split_once(": ") {
                Some((_, value)) => length = value.parse()?,
                None => break,
            }
        }
        let mut content = vec![0; length];
        self.output.read_exact(&mut content)?;
        Ok(serde_json::from_slice(&content)?)
    }
}
