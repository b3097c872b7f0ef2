//! Tests of what messages look like and which are refused.

use crate::protocol::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json, to_value};
use std::fmt::Debug;

/// That a value is written like this, and read back from it.
#[track_caller]
fn assert_json<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, json: Value) {
    assert_eq!(to_value(&value).unwrap(), json);
    assert_eq!(from_value::<T>(json).unwrap(), value);
}

fn request(arguments: Option<Value>) -> RequestMessage {
    RequestMessage {
        seq: 3,
        command: "test".to_owned(),
        arguments,
    }
}

#[test]
fn a_message_says_first_what_it_is() {
    let request = RequestMessage::new::<ThreadsRequest>(3, &NoArguments).unwrap();
    assert_json(
        ProtocolMessage::Request(request.clone()),
        json!({ "type": "request", "seq": 3, "command": "threads" }),
    );
    let body = ThreadsBody {
        threads: vec![Thread {
            id: 1,
            name: "main".to_owned(),
        }],
    };
    let response = ResponseMessage::success::<ThreadsRequest>(4, &request, &body).unwrap();
    assert_eq!(response.parse::<ThreadsRequest>().unwrap(), body);
    assert_json(
        ProtocolMessage::Response(response),
        json!({
            "type": "response", "seq": 4, "request_seq": 3, "success": true, "command": "threads",
            "body": { "threads": [{ "id": 1, "name": "main" }] },
        }),
    );
    let event = EventMessage::new(5, &ExitedEvent { exit_code: -1 }).unwrap();
    assert_eq!(event.parse::<ExitedEvent>().unwrap().exit_code, -1);
    assert_json(
        ProtocolMessage::Event(event),
        json!({ "type": "event", "seq": 5, "event": "exited", "body": { "exitCode": -1 } }),
    );
}

#[test]
fn a_failure_says_why() {
    let error = ErrorMessage {
        id: 1,
        format: "{what} is missing".to_owned(),
        variables: Some([("what".to_owned(), "it".to_owned())].into()),
        show_user: Some(true),
        ..ErrorMessage::default()
    };
    let failure = ResponseMessage::failure(4, &request(None), "notStopped", Some(error)).unwrap();
    assert_json(
        failure,
        json!({
            "seq": 4, "request_seq": 3, "success": false, "command": "test", "message": "notStopped",
            "body": { "error": {
                "id": 1, "format": "{what} is missing", "variables": { "what": "it" }, "showUser": true,
            } },
        }),
    );
    let failure = ResponseMessage::failure(4, &request(None), "cancelled", None).unwrap();
    assert_eq!(failure.body, None);
}

#[test]
fn nothing_is_left_out_of_envelopes_and_read_from_anything() {
    let response = ResponseMessage::success::<ConfigurationDoneRequest>(4, &request(None), &NoBody);
    assert_eq!(response.unwrap().body, None);
    let event = EventMessage::new(1, &InitializedEvent).unwrap();
    assert_eq!(
        to_value(event).unwrap(),
        json!({ "seq": 1, "event": "initialized" })
    );
    let anything = [json!(null), json!({}), json!({ "a": [1] })];
    for arguments in anything.map(Some).into_iter().chain([None]) {
        let request = request(arguments);
        assert_eq!(request.parse::<ThreadsRequest>().unwrap(), NoArguments);
        let event = EventMessage {
            body: request.arguments,
            ..EventMessage::default()
        };
        assert_eq!(event.parse::<InitializedEvent>().unwrap(), InitializedEvent);
    }
}

#[test]
fn arguments_may_be_missing_where_each_of_them_may() {
    for arguments in [None, Some(json!(null)), Some(json!({}))] {
        let request = request(arguments);
        let disconnect = request.parse::<DisconnectRequest>().unwrap();
        assert_eq!(disconnect, DisconnectArguments::default());
        let error = request.parse::<ContinueRequest>().unwrap_err();
        assert_eq!(error.to_string(), "missing field `threadId`");
    }
}

#[test]
fn optional_fields_are_left_out_and_may_be_null() {
    assert_json(
        StackFrame {
            id: 1000,
            name: "main".to_owned(),
            module_id: Some(ModuleId::Name("a".to_owned())),
            ..StackFrame::default()
        },
        json!({ "id": 1000, "name": "main", "line": 0, "column": 0, "moduleId": "a" }),
    );
    let breakpoint: SourceBreakpoint =
        from_value(json!({ "line": 1, "column": null, "condition": null })).unwrap();
    assert_eq!((breakpoint.column, breakpoint.condition), (None, None));
    assert_json(Capabilities::default(), json!({}));
}

#[test]
fn what_is_not_known_is_passed_over() {
    let arguments: SetBreakpointsArguments = from_value(json!({
        "source": { "path": "/a.c", "newer": { "a": 1 } },
        "breakpoints": [{ "line": 4, "newer": true }],
        "newer": [1],
    }))
    .unwrap();
    assert_eq!(arguments.source.path.as_deref(), Some("/a.c"));
    assert_eq!(arguments.breakpoints.unwrap()[0].line, 4);
    let message: ProtocolMessage =
        from_value(json!({ "seq": 1, "type": "newer", "newer": 1 })).unwrap();
    assert_eq!(message, ProtocolMessage::Other);
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    for line in [
        json!(-1),
        json!(4294967296_u64),
        json!(1.5),
        json!("1"),
        json!(null),
    ] {
        assert!(from_value::<SourceBreakpoint>(json!({ "line": line })).is_err());
    }
    for id in [json!(u64::MAX), json!(1e300), json!(true), json!([1])] {
        assert!(from_value::<ScopesArguments>(json!({ "frameId": id })).is_err());
    }
    for count in [json!(-1), json!(1e300)] {
        let arguments = json!({ "memoryReference": "0x0", "count": count });
        assert!(from_value::<ReadMemoryArguments>(arguments).is_err());
    }
    for text in [
        r#"{"frameId": 1e999}"#,
        r#"{"frameId": 99999999999999999999}"#,
    ] {
        assert!(serde_json::from_str::<ScopesArguments>(text).is_err());
    }
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    let depth = 100_000;
    let text = r#"{"sources":["#.repeat(depth) + &"]}".repeat(depth);
    assert!(serde_json::from_str::<Source>(&text).is_err());
}

#[test]
fn words_that_the_protocol_does_not_name_are_kept_where_it_says_so() {
    assert_json(
        StoppedReason::FunctionBreakpoint,
        json!("function breakpoint"),
    );
    assert_json(StoppedReason::Other("restart".to_owned()), json!("restart"));
    assert_json(EvaluateContext::Repl, json!("repl"));
    assert!(from_value::<EvaluateContext>(json!(1)).is_err());
    assert!(from_value::<SteppingGranularity>(json!("sentence")).is_err());
}

#[test]
fn the_data_of_a_data_breakpoint_is_null_if_there_can_be_none() {
    assert_json(
        DataBreakpointInfoBody::default(),
        json!({ "dataId": null, "description": "" }),
    );
}

#[test]
fn launch_and_attach_keep_what_adapters_define() {
    let configuration =
        json!({ "program": "a.wasm", "args": ["b"], "__restart": 1, "noDebug": true });
    let launch: LaunchRequestArguments = from_value(configuration.clone()).unwrap();
    assert_eq!(
        (launch.no_debug, &launch.restart),
        (Some(true), &Some(json!(1)))
    );
    assert_eq!(
        Value::Object(launch.rest.clone()),
        json!({ "program": "a.wasm", "args": ["b"] })
    );
    assert_json(launch, configuration.clone());
    let attach: AttachRequestArguments = from_value(configuration.clone()).unwrap();
    assert_eq!(attach.rest["noDebug"], true);
    assert_json(attach, configuration);
    assert_eq!(
        request(None).parse::<LaunchRequest>().unwrap(),
        LaunchRequestArguments::default()
    );
}

#[test]
fn modules_keep_columns_of_the_adapters_own() {
    let module = json!({ "id": 0, "name": "a", "functions": 12, "path": "/a" });
    let read: Module = from_value(module.clone()).unwrap();
    assert_eq!(read.rest["functions"], 12);
    assert_json(read, module);
}
