//! Serving a client that launches programs.

use crate::connection::{Client, Connection, Heard, Incoming};
use crate::context::{Refusal, THREAD, Then, answer};
use crate::drive::{Ended, drive};
use crate::guard::Guard;
use crate::guest::Idle;
use crate::launcher::{LaunchOptions, LaunchedProgram, Launcher, ObserveLevel, StartedProgram};
use crate::output::GuestOutput;
use crate::protocol::{
    AttachRequest, ChangeReason, ContinuedEvent, InitializedEvent, LaunchRequest, ModuleEvent,
    OutputCategory, OutputEvent, ProcessEvent, ProcessStartMethod, ProgressEndEvent,
    ProgressStartEvent, Request, RequestMessage,
};
use crate::proxy;
use crate::requests::initialize::capabilities;
use crate::requests::modules::module;
use crate::session::{Phase, Session};
use serde_json::{Map, Value};
use std::io;
use trapline::{DebugSession, Error, Val};
use trapline_debugger::{Debuggee, Debugger, Inbox, Resume};

/// What clients of [`serve`] must know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Nothing: only who may be here can be a client.
    Open,
    /// A token, as the attribute `token` of the request to launch.
    Token(String),
}

/// Serves a client until it goes. The programs that it launches run on this thread.
///
/// # Errors
///
/// If the system refuses a thread for the connection.
pub fn serve<L: Launcher>(connection: Connection, launcher: &L, access: &Access) -> io::Result<()> {
    let (sender, inbox) = Inbox::new();
    let client = match access {
        Access::Open => connection.open(sender)?,
        Access::Token(token) => connection.open_guarded(
            sender,
            Guard {
                token: token.clone(),
                command: LaunchRequest::COMMAND,
                capabilities: capabilities(),
            },
        )?,
    };
    let mut server = Server {
        launcher,
        inbox,
        session: Session::new(client),
        program: None,
    };
    pollster::block_on(server.run());
    server.session.client.close();
    Ok(())
}

struct Server<'l, L: Launcher> {
    launcher: &'l L,
    inbox: Inbox<Incoming>,
    session: Session,
    program: Option<Box<dyn LaunchedProgram<L::Data>>>,
}

/// What comes next while no program runs.
enum Next {
    Nothing,
    Start,
    Gone,
}

impl<L: Launcher> Server<'_, L> {
    async fn run(&mut self) {
        let mut debugger = Debugger::new();
        debugger.set_log(log(self.session.client.clone()));
        while let Some(incoming) = self.inbox.receive().await {
            let mut next = self.idle(&mut debugger, incoming).await;
            while let Next::Start = next {
                next = self.debug(&mut debugger).await;
            }
            if let Next::Gone = next {
                return;
            }
        }
    }

    /// Does what a client wants while no program runs.
    async fn idle(&mut self, debugger: &mut Debugger, incoming: Incoming) -> Next {
        if let Heard::Request(request) = &incoming.what {
            match request.command.as_str() {
                LaunchRequest::COMMAND => {
                    let launched = self.launch(debugger, request);
                    let is_launched = launched.is_ok();
                    let result = launched.map(|()| Value::Null);
                    answer(&self.session.client, request, result);
                    if is_launched {
                        self.session.client.tell(&InitializedEvent);
                    }
                    return Next::Nothing;
                }
                AttachRequest::COMMAND => return self.attach(request).await,
                _ => {}
            }
        }
        match self.session.hear(&mut Idle(debugger), incoming.what) {
            Then::Configured if self.session.phase == Phase::Configuring => Next::Start,
            Then::Restart(options) => self.restart(debugger, options),
            Then::Terminate => {
                self.session.report_end(None);
                Next::Nothing
            }
            Then::Disconnect { .. } => Next::Gone,
            _ => Next::Nothing,
        }
    }

    fn launch(&mut self, debugger: &mut Debugger, request: &RequestMessage) -> Result<(), Refusal> {
        if self.session.phase != Phase::Initialized {
            return Err(Refusal::because(match self.session.phase {
                Phase::New => "`initialize` comes first",
                _ => "a program was launched already",
            }));
        }
        let arguments = request.arguments.clone();
        let arguments = arguments.unwrap_or_else(|| Value::Object(Map::new()));
        let options: Result<LaunchOptions, _> = serde_json::from_value(arguments);
        let options = options.map_err(|error| {
            Refusal::because(format!("the launch configuration is not valid: {error}"))
        })?;
        self.load(debugger, options, Some(request.seq))?;
        self.session.phase = Phase::Configuring;
        Ok(())
    }

    /// Has a program be the one that is started.
    fn load(
        &mut self,
        debugger: &mut Debugger,
        options: LaunchOptions,
        request: Option<i64>,
    ) -> Result<(), Refusal> {
        let client = self.session.client.clone();
        let reports = self.session.traits.supports_progress_reporting == Some(true);
        if reports {
            client.tell(&ProgressStartEvent {
                progress_id: "load".to_owned(),
                title: format!("Compiling {}", options.program),
                request_id: request,
                ..ProgressStartEvent::default()
            });
        }
        let loaded = self.launcher.load(&options);
        if reports {
            client.tell(&ProgressEndEvent {
                progress_id: "load".to_owned(),
                ..ProgressEndEvent::default()
            });
        }
        let program = loaded.map_err(Refusal::Because)?;
        debugger.sources_mut().clear_substitutions();
        for (from, to) in &options.source_map {
            debugger.sources_mut().substitute(from, to);
        }
        self.session.sources.forget();
        let known = debugger.modules().iter().len();
        program.introduce(debugger);
        for loaded in debugger.modules().iter().skip(known) {
            client.tell(&ModuleEvent {
                reason: ChangeReason::New,
                module: module(loaded),
            });
            for note in &loaded.module_symbols().notes {
                let note = format!("{}: {note}", loaded.name());
                client.print(OutputCategory::Console, &note);
            }
        }
        self.session.tell_breakpoints(debugger);
        self.session.breakpoints.problem = (options.observe == ObserveLevel::Stacks)
            .then(|| "the program is observed at the level `stacks` only".to_owned());
        self.session.options = Some(options);
        self.program = Some(program);
        Ok(())
    }

    fn restart(&mut self, debugger: &mut Debugger, options: Option<Box<LaunchOptions>>) -> Next {
        if let Some(options) = options
            && let Err(refusal) = self.load(debugger, *options, None)
        {
            if let Refusal::Because(reason) = refusal {
                self.session.complain(&reason);
            }
            self.session.report_end(None);
            return Next::Nothing;
        }
        Next::Start
    }

    /// Runs the program once.
    async fn debug(&mut self, debugger: &mut Debugger) -> Next {
        let client = self.session.client.clone();
        let output = |category| Box::new(GuestOutput::new(client.clone(), category));
        let program = self.program.as_ref().ok_or("no program was launched");
        let started = program.map_err(str::to_owned).and_then(|program| {
            program.start(
                output(OutputCategory::Stdout),
                output(OutputCategory::Stderr),
            )
        });
        let ended = match started {
            // When it returns, all output has been told.
            Ok(started) => self.run_started(debugger, started).await,
            Err(problem) => Err(problem),
        };
        let ended = match ended {
            Ok(ended) => ended,
            Err(problem) => {
                self.session.complain(&problem);
                self.session.report_end(Some(1));
                return Next::Nothing;
            }
        };
        match ended {
            Ended::Finished(outcome) => {
                let code = self.outcome(&outcome);
                self.session.report_end(Some(code));
                Next::Nothing
            }
            Ended::Terminated => {
                self.session.report_end(None);
                Next::Nothing
            }
            Ended::Restart(options) => {
                if self.session.stopped.is_some() {
                    // Else the stop would be shown until the next but one.
                    client.tell(&ContinuedEvent {
                        thread_id: THREAD,
                        all_threads_continued: Some(true),
                    });
                }
                self.session.resumed();
                self.restart(debugger, options)
            }
            Ended::Gone { .. } => Next::Gone,
        }
    }

    /// Runs a program that has been made.
    async fn run_started(
        &mut self,
        debugger: &mut Debugger,
        mut started: StartedProgram<L::Data>,
    ) -> Result<Ended, String> {
        let client = self.session.client.clone();
        let call = DebugSession::call(&mut started.store, started.function, &started.arguments);
        let call = call.map_err(|error| error.to_string())?;
        let options = self.session.options.as_ref();
        let is_stacks = |options: &LaunchOptions| options.observe == ObserveLevel::Stacks;
        // Where nothing can be met nothing is to be placed.
        let is_silent = options.is_some_and(|options| options.no_debug || is_stacks(options));
        let stops_on_entry = options.is_some_and(|options| options.stop_on_entry) && !is_silent;
        self.session.breakpoints.enable(debugger, !is_silent);
        debugger.settings_mut().stop_at_panics = self.session.filters.panics && !is_silent;
        let name = self.program.as_ref().map(|program| program.name());
        client.tell(&ProcessEvent {
            name: name.unwrap_or_default(),
            system_process_id: Some(i64::from(std::process::id())),
            is_local_process: Some(true),
            start_method: Some(ProcessStartMethod::Launch),
            pointer_size: Some(32),
        });
        self.session.phase = Phase::Started;
        self.session.resumed();
        self.session.is_entering = stops_on_entry;
        let first = match stops_on_entry {
            true => Resume::StepInstruction,
            false => Resume::Continue,
        };
        let mut debuggee = Debuggee::new(debugger, call);
        client.set_guest(true);
        let ended = drive(&mut self.session, &mut self.inbox, &mut debuggee, first).await;
        client.set_guest(false);
        Ok(ended)
    }

    /// Tells what the program has ended with. Returns its exit code.
    fn outcome(&self, outcome: &Result<Vec<Val>, Error>) -> i64 {
        let error = match outcome {
            Ok(values) if values.is_empty() => return 0,
            Ok(values) => {
                if let Some(program) = &self.program {
                    let text = format!("The function has returned {}", program.returned(values));
                    self.session.client.print(OutputCategory::Console, &text);
                }
                return 0;
            }
            Err(error) => error,
        };
        let (code, message) = match &self.program {
            Some(program) => program.ended(error),
            None => (1, Some(error.to_string())),
        };
        if let Some(message) = message {
            self.session.complain(&message);
        }
        code
    }

    /// Has the client speak to the port of a program that runs elsewhere.
    async fn attach(&mut self, request: &RequestMessage) -> Next {
        if self.session.phase != Phase::Initialized {
            let refusal = Refusal::because("`attach` comes once, behind `initialize`");
            answer(&self.session.client, request, Err(refusal));
            return Next::Nothing;
        }
        let traits = self.session.traits.clone();
        match proxy::connect(request, traits, &self.session.client) {
            Ok(port) => {
                port.relay(&mut self.inbox).await;
                Next::Gone
            }
            Err(reason) => {
                answer(&self.session.client, request, Err(Refusal::Because(reason)));
                Next::Nothing
            }
        }
    }
}

/// Has messages of log points be told.
pub(crate) fn log(client: Client) -> impl FnMut(trapline_debugger::LogEntry) + Send {
    move |entry| {
        client.tell(&OutputEvent {
            category: Some(OutputCategory::Console),
            output: format!("{}\n", entry.text),
            ..OutputEvent::default()
        });
    }
}
