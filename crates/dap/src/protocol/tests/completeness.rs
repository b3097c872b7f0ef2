//! A test that the types are all of the protocol, run against its published declarations:
//!
//! ```text
//! npm pack @vscode/debugprotocol
//! TRAPLINE_DAP_SCHEMA=package/lib/debugProtocol.d.ts cargo test -p trapline-dap complete
//! ```
//!
//! Samples are made of each definition: the smallest, the largest, and one with each of the words that a
//! field may have. Whatever is not known here is lost when a sample is read and written again.

use super::definitions::{Definitions, Field, Type};
use crate::protocol::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Reads and writes a sample, and shows what was read.
type Check = fn(&Value) -> Result<(Value, String), serde_json::Error>;

fn check<T: Serialize + DeserializeOwned + Debug>(
    sample: &Value,
) -> Result<(Value, String), serde_json::Error> {
    let read = T::deserialize(sample)?;
    // A number of any kind is written with a fraction; all that are in samples are 1.
    let written = serde_json::to_string(&read)?.replace(":1.0", ":1");
    Ok((serde_json::from_str(&written)?, format!("{read:?}")))
}

/// The types that definitions stand for, by the names of these.
fn checks() -> BTreeMap<String, Check> {
    let mut checks = BTreeMap::new();
    macro_rules! types {
        ($($name:ident)*) => {
            $(checks.insert(stringify!($name).to_owned(), check::<$name> as Check);)*
        };
    }
    macro_rules! requests {
        ($($name:ident)*) => {
            $(
                let name = stringify!($name).strip_suffix("Request").unwrap();
                let command = <$name as Request>::COMMAND;
                let arguments = check::<<$name as Request>::Arguments>;
                checks.insert(format!("{name}Request {command}"), arguments as Check);
                checks.insert(format!("{name}Response"), check::<<$name as Request>::Body>);
            )*
        };
    }
    macro_rules! events {
        ($($name:ident)*) => {
            $(
                let name = format!("{} {}", stringify!($name), <$name as Event>::EVENT);
                checks.insert(name, check::<$name> as Check);
            )*
        };
    }
    types! {
        Capabilities ExceptionBreakpointsFilter Module ColumnDescriptor Thread Source
        StackFrame Scope Variable VariablePresentationHint BreakpointLocation SourceBreakpoint
        FunctionBreakpoint DataBreakpoint InstructionBreakpoint Breakpoint StepInTarget GotoTarget
        CompletionItem Checksum ValueFormat StackFrameFormat ExceptionFilterOptions ExceptionOptions
        ExceptionPathSegment ExceptionDetails DisassembledInstruction BreakpointMode
        CancelArguments RunInTerminalRequestArguments StartDebuggingRequestArguments
        InitializeRequestArguments LaunchRequestArguments AttachRequestArguments RestartArguments
        DisconnectArguments TerminateArguments BreakpointLocationsArguments SetBreakpointsArguments
        SetFunctionBreakpointsArguments SetExceptionBreakpointsArguments DataBreakpointInfoArguments
        SetDataBreakpointsArguments SetInstructionBreakpointsArguments ContinueArguments NextArguments
        StepInArguments StepOutArguments StepBackArguments ReverseContinueArguments
        RestartFrameArguments GotoArguments PauseArguments StackTraceArguments ScopesArguments
        VariablesArguments SetVariableArguments SourceArguments TerminateThreadsArguments
        ModulesArguments EvaluateArguments SetExpressionArguments StepInTargetsArguments
        GotoTargetsArguments CompletionsArguments ExceptionInfoArguments ReadMemoryArguments
        WriteMemoryArguments DisassembleArguments LocationsArguments
    }
    requests! {
        CancelRequest RunInTerminalRequest StartDebuggingRequest InitializeRequest
        ConfigurationDoneRequest LaunchRequest AttachRequest RestartRequest DisconnectRequest
        TerminateRequest BreakpointLocationsRequest SetBreakpointsRequest SetFunctionBreakpointsRequest
        SetExceptionBreakpointsRequest DataBreakpointInfoRequest SetDataBreakpointsRequest
        SetInstructionBreakpointsRequest ContinueRequest NextRequest StepInRequest StepOutRequest
        StepBackRequest ReverseContinueRequest RestartFrameRequest GotoRequest PauseRequest
        StackTraceRequest ScopesRequest VariablesRequest SetVariableRequest SourceRequest ThreadsRequest
        TerminateThreadsRequest ModulesRequest LoadedSourcesRequest EvaluateRequest SetExpressionRequest
        StepInTargetsRequest GotoTargetsRequest CompletionsRequest ExceptionInfoRequest
        ReadMemoryRequest WriteMemoryRequest DisassembleRequest LocationsRequest
    }
    events! {
        InitializedEvent StoppedEvent ContinuedEvent ExitedEvent TerminatedEvent ThreadEvent OutputEvent
        BreakpointEvent ModuleEvent LoadedSourceEvent ProcessEvent CapabilitiesEvent ProgressStartEvent
        ProgressUpdateEvent ProgressEndEvent InvalidatedEvent MemoryEvent
    }
    // These have other names here.
    checks.insert("Message".to_owned(), check::<ErrorMessage>);
    checks.insert("Request".to_owned(), check::<RequestMessage>);
    checks.insert("Response".to_owned(), check::<ResponseMessage>);
    checks.insert("Event".to_owned(), check::<EventMessage>);
    checks.insert("ErrorResponse".to_owned(), check::<ErrorBody>);
    checks.insert(
        "ConfigurationDoneArguments".to_owned(),
        check::<NoArguments>,
    );
    checks.insert("LoadedSourcesArguments".to_owned(), check::<NoArguments>);
    checks
}

/// What samples are made of.
struct Sampler<'a>(&'a Definitions);

/// How deeply samples are nested.
const DEPTH: usize = 4;

impl Sampler<'_> {
    /// The fields of an interface, with those of what it extends.
    fn fields(&self, name: &str) -> Vec<Field> {
        let interface = &self.0.interfaces[name];
        let mut fields = match &interface.extends {
            Some(base) => self.fields(base),
            None => Vec::new(),
        };
        fields.extend(interface.fields.iter().cloned());
        fields
    }

    /// The fields that what stands for an interface here has: without the envelope of a message that has
    /// more than that.
    fn content(&self, name: &str) -> Vec<Field> {
        let interface = &self.0.interfaces[name];
        let content = match interface.extends.as_deref() {
            Some("Request") => "arguments",
            Some("Response" | "Event") => "body",
            extends => {
                // The envelopes are told apart by their types before they are read.
                let is_envelope = extends == Some("ProtocolMessage");
                let fields = self.fields(name).into_iter();
                let fields = fields.filter(|field| !is_envelope || field.name != "type");
                return fields.collect();
            }
        };
        let field = interface.fields.iter().find(|field| field.name == content);
        match field.map(|field| self.resolve(&field.value)) {
            None => Vec::new(),
            Some(Type::Object(fields)) => fields,
            Some(other) => panic!("{name} has {other:?}"),
        }
    }

    fn resolve(&self, value: &Type) -> Type {
        match value {
            Type::Name(name) if self.0.interfaces.contains_key(name) => {
                Type::Object(self.fields(name))
            }
            Type::Name(name) => self.0.aliases.get(name).unwrap_or(value).clone(),
            _ => value.clone(),
        }
    }

    /// Samples of a type. The first is the smallest, the second the largest, if they differ.
    fn samples(&self, value: &Type, depth: usize) -> Vec<Value> {
        match self.resolve(value) {
            Type::Literal(text) => vec![json!(text)],
            Type::Union(members) => {
                let each = members
                    .iter()
                    .flat_map(|member| self.samples(member, depth));
                each.collect()
            }
            Type::Array(item) => {
                let items = self.samples(&item, depth);
                vec![json!([]), Value::Array(items)]
            }
            Type::Map(item) => {
                let items = self.samples(&item, depth).into_iter().enumerate();
                let map = items.map(|(index, item)| (format!("key {index}"), item));
                vec![json!({}), Value::Object(map.collect())]
            }
            Type::Object(fields) => self.objects(&fields, depth),
            Type::Name(name) => vec![match name.as_str() {
                "number" => json!(1),
                "string" => json!("anything"),
                "boolean" => json!(true),
                "null" => json!(null),
                "any" => json!({ "any": [1, "a"] }),
                _ => panic!("{name} is not defined"),
            }],
        }
    }

    fn objects(&self, fields: &[Field], depth: usize) -> Vec<Value> {
        let mut smallest = Map::new();
        let mut largest = Map::new();
        let mut others = Vec::new();
        for field in fields {
            if depth == 0 && field.is_optional {
                continue;
            }
            let samples = self.samples(&field.value, depth.saturating_sub(1));
            if !field.is_optional {
                smallest.insert(field.name.clone(), samples[0].clone());
            }
            let last = samples.get(1).unwrap_or(&samples[0]);
            largest.insert(field.name.clone(), last.clone());
            others.extend(
                samples
                    .into_iter()
                    .map(|sample| (field.name.clone(), sample)),
            );
        }
        let mut objects = vec![Value::Object(smallest), Value::Object(largest.clone())];
        for (name, sample) in others {
            let mut object = largest.clone();
            object.insert(name, sample);
            objects.push(Value::Object(object));
        }
        objects
    }
}

/// Whether something that was read has words of the protocol among other words, or fields of the protocol
/// among those of an adapter.
fn holds_unknown(shown: &str) -> bool {
    let shown = shown
        .replace("Other(\"anything\")", "")
        .replace("rest: {}", "");
    shown.contains("Other(") || shown.contains("rest: {")
}

/// What is wrong with how a type deals with samples.
fn faults(name: &str, check: Check, samples: &[Value], fields: &[Field]) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for sample in samples {
        match check(sample) {
            // What is nothing need not be written.
            Ok((Value::Null, _)) if *sample == json!({}) => {}
            Ok((_, shown)) if holds_unknown(&shown) => {
                faults.insert(format!("{name}: {shown} is known of {sample}"));
            }
            Ok((written, _)) if written == *sample => {}
            Ok((written, _)) => {
                faults.insert(format!("{name}: {sample} becomes {written}"));
            }
            Err(error) => {
                faults.insert(format!("{name}: {error} in {sample}"));
            }
        }
    }
    let may_be_null = |value: &Type| match value {
        Type::Union(members) => members.contains(&Type::Name("null".to_owned())),
        _ => false,
    };
    for field in fields.iter().filter(|field| !field.is_optional) {
        let mut sample = samples[0].clone();
        sample.as_object_mut().unwrap().remove(&field.name);
        if !may_be_null(&field.value) && check(&sample).is_ok() {
            faults.insert(format!("{name}: {} need not be there", field.name));
        }
    }
    faults.into_iter().collect()
}

#[test]
fn the_types_are_complete() {
    let Some(path) = std::env::var_os("TRAPLINE_DAP_SCHEMA") else {
        println!("skipped: TRAPLINE_DAP_SCHEMA names no debugProtocol.d.ts");
        return;
    };
    let text = std::fs::read_to_string(&path).expect("TRAPLINE_DAP_SCHEMA can be read");
    let definitions = Definitions::parse(&text);
    let sampler = Sampler(&definitions);
    let mut checks = checks();
    let mut all = Vec::new();
    let mut count = 0;
    for (name, interface) in &definitions.interfaces {
        let key = match (&interface.constant, interface.extends.as_deref()) {
            (Some(constant), Some("Request" | "Event")) => format!("{name} {constant}"),
            _ => name.clone(),
        };
        if name == "ProtocolMessage" {
            // What the envelopes have in common.
            continue;
        }
        let Some(check) = checks.remove(&key) else {
            all.push(format!("{key} is missing"));
            continue;
        };
        let fields = sampler.content(name);
        let samples = sampler.objects(&fields, DEPTH);
        count += samples.len();
        all.extend(faults(name, check, &samples, &fields));
    }
    let left = checks.into_keys();
    all.extend(left.map(|name| format!("{name} is not defined")));
    assert!(all.is_empty(), "{} faults:\n{}", all.len(), all.join("\n"));
    let interfaces = definitions.interfaces.len();
    println!("{interfaces} interfaces, {count} samples");
    assert!(count > 1000);
}
