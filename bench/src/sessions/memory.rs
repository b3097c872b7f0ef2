//! Memory that sessions hold.
//!
//! Each kind is measured in a process of its own, because memory that was used once and given back
//! is not taken anew.

use super::figures::{Held, Kind, Results};
use super::guests::Loop;
use crate::poll::block_on;
use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum as _;
use std::fs;
use std::process::{Command, Stdio};
use trapline::{DebugSession, DebugStepResult, Func, Store, Val};

#[derive(clap::Args)]
pub struct Args {
    /// What is to hold the memory
    #[arg(value_enum)]
    kind: Kind,
    /// How many of them
    #[arg(long)]
    count: u32,
}

/// So many times as many sessions are made in turn as live at once, so that what they leave behind is
/// told from a page more or less.
pub const IN_TURN: u32 = 20;

/// Measures every kind.
pub fn measure(count: u32, results: &mut Results) -> Result<()> {
    for kind in Kind::ALL {
        let name = kind.to_possible_value().context("every kind has a name")?;
        let count = match kind {
            Kind::InTurn | Kind::InTurnEachStore => count * IN_TURN,
            _ => count,
        };
        let output = Command::new(std::env::current_exe()?)
            .args(["session-memory", name.get_name(), "--count"])
            .arg(count.to_string())
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "memory of {kind:?} failed");
        results.memory.push(serde_json::from_slice(&output.stdout)?);
    }
    Ok(())
}

/// Measures one kind in this process, and prints it as JSON.
pub fn run(args: &Args) -> Result<()> {
    let small = Loop::new()?;
    let held = match args.kind {
        Kind::InTurn | Kind::InTurnEachStore => in_turn(&small, args)?,
        _ => alive(&small, args)?,
    };
    println!("{}", serde_json::to_string(&held)?);
    Ok(())
}

/// Stores, and sessions in them, that live at once. The first is not counted: it also pays for what
/// there is but once.
fn alive(small: &Loop, args: &Args) -> Result<Held> {
    let mut stores: Vec<(Store<()>, Func)> = Vec::with_capacity(args.count as usize + 1);
    let mut sessions: Vec<DebugSession<'_, ()>> = Vec::with_capacity(args.count as usize + 1);
    if args.kind == Kind::Store {
        stores.push(small.instantiate()?);
        let before = Usage::now()?;
        for _ in 0..args.count {
            stores.push(small.instantiate()?);
        }
        return Ok(Usage::now()?.since(&before, args));
    }
    // The stores are made in between, so that they are counted; each is leaked to outlive its
    // session, as is everything when the process ends.
    let mut begin = || -> Result<()> {
        let (store, func) = Box::leak(Box::new(small.instantiate()?));
        let mut session = DebugSession::call(store, *func, &[Val::I64(-1)])?;
        stop(&mut session, small, args.kind)?;
        sessions.push(session);
        Ok(())
    };
    begin()?;
    let before = Usage::now()?;
    for _ in 0..args.count {
        begin()?;
    }
    Ok(Usage::now()?.since(&before, args))
}

/// Sessions that are dropped before the next begins. As many again have been before it is counted.
fn in_turn(small: &Loop, args: &Args) -> Result<Held> {
    let (mut store, mut func) = small.instantiate()?;
    let mut once = || -> Result<()> {
        if args.kind == Kind::InTurnEachStore {
            (store, func) = small.instantiate()?;
        }
        let mut session = DebugSession::call(&mut store, func, &[Val::I64(-1)])?;
        stop(&mut session, small, Kind::Read)
    };
    for _ in 0..args.count {
        once()?;
    }
    let before = Usage::now()?;
    for _ in 0..args.count {
        once()?;
    }
    Ok(Usage::now()?.since(&before, args))
}

fn stop(session: &mut DebugSession<'_, ()>, small: &Loop, kind: Kind) -> Result<()> {
    if kind == Kind::Stepped {
        return match block_on(session.step()) {
            Some(DebugStepResult::Step) => Ok(()),
            other => bail!("a step has ended with {other:?}"),
        };
    }
    session.edit_breakpoints(|breakpoints| breakpoints.add(&small.module, small.pc))?;
    match block_on(session.next()) {
        Some(DebugStepResult::Breakpoint(_)) => {}
        other => bail!("instead of the breakpoint: {other:?}"),
    }
    if kind == Kind::Read {
        let frame = session.frames().next().context("no frame")?;
        frame.locals(session)?;
        frame.operands(session)?;
    }
    Ok(())
}

/// What the process uses.
struct Usage {
    resident: f64,
    once: f64,
    page_tables: f64,
    mappings: f64,
    files: f64,
}

impl Usage {
    fn now() -> Result<Usage> {
        let read = |file| fs::read_to_string(file).context("this needs Linux");
        let status = read("/proc/self/status")?;
        let memory = read("/proc/self/smaps_rollup")?;
        Ok(Usage {
            resident: bytes(&memory, "Rss:")?,
            once: bytes(&memory, "Pss:")?,
            page_tables: bytes(&status, "VmPTE:")?,
            mappings: read("/proc/self/maps")?.lines().count() as f64,
            files: fs::read_dir("/proc/self/fd")?.count() as f64,
        })
    }

    /// What one session has added, on average.
    fn since(&self, before: &Usage, args: &Args) -> Held {
        let each = |now: f64, before: f64| (now - before) / f64::from(args.count);
        Held {
            held: args.kind,
            resident: each(self.resident, before.resident),
            once: each(self.once, before.once),
            page_tables: each(self.page_tables, before.page_tables),
            mappings: each(self.mappings, before.mappings),
            files: each(self.files, before.files),
        }
    }
}

/// A line of the kernel's that tells a number of kB.
fn bytes(text: &str, name: &str) -> Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes: f64 = line
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .with_context(|| format!("the kernel does not tell {name}"))?
        .trim()
        .parse()?;
    Ok(kilobytes * 1024.0)
}
