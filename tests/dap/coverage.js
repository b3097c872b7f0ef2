// What of the debug adapter protocol is tested, and by which tests.

export const table = {
  /** What is announced in the response to `initialize`. */
  capabilities: {
    completionTriggerCharacters: ['completions knows variables, and members of what is in front'],
    exceptionBreakpointFilters: ['the filters and which of them are on by default are announced'],
    supportTerminateDebuggee: ['disconnect ends the program and the adapter'],
    supportsANSIStyling: ['messages of the adapter are coloured for clients that can show that'],
    supportsBreakpointLocationsRequest: ['breakpointLocations tells where there can be breakpoints'],
    supportsCancelRequest: [
      'cancel ends an evaluation that calls a function that never returns',
      'cancel in front of its turn has a request not carried out',
      'cancel of what was answered, or never asked for, changes nothing',
    ],
    supportsClipboardContext: ['the value for the clipboard is whole'],
    supportsCompletionsRequest: ['completions knows variables, and members of what is in front'],
    supportsConditionalBreakpoints: [
      'a breakpoint with a condition stops when it holds',
      'a breakpoint whose condition never holds never stops',
      'a breakpoint whose condition cannot be evaluated stops and tells why',
      'a condition that is no expression is told',
      'the innermost scope of a name is meant by a condition',
    ],
    supportsConfigurationDoneRequest: ['the program starts with configurationDone, not before'],
    supportsDelayedStackTraceLoading: ['stackTrace pages', 'a very deep stack is told in pages'],
    supportsDisassembleRequest: [
      'disassemble tells instructions with their places and sources',
      'disassemble counts instructions before and behind, across functions',
      'disassemble fills up what is beyond the ends of the code',
    ],
    supportsEvaluateForHovers: [
      'evaluate knows expressions of the language, in all contexts',
      'nothing is changed by what is not typed',
    ],
    supportsExceptionFilterOptions: ['exception filters take names of tags'],
    supportsExceptionInfoRequest: ['a trap stops before anything is unwound, and exceptionInfo tells of it'],
    supportsFunctionBreakpoints: [
      'function breakpoints stop where functions begin',
      'function breakpoints have conditions and counts',
      'function breakpoints know C++ names, Rust paths and parts of them',
    ],
    supportsHitConditionalBreakpoints: [
      'a breakpoint with a hit condition counts',
      'a hit condition can be every so many',
    ],
    supportsInstructionBreakpoints: ['instruction breakpoints stop at instructions'],
    supportsLoadedSourcesRequest: ['loadedSources tells all sources, those that are here by their paths'],
    supportsLogPoints: [
      'a log point writes its message and does not stop',
      'a log point with a condition and a count writes only then',
      'a log point whose message is not complete is not verified',
    ],
    supportsModulesRequest: ['modules tells what is loaded, as the module event has'],
    supportsReadMemoryRequest: [
      'readMemory reads what variables have',
      'readMemory says how much cannot be read',
    ],
    supportsRestartRequest: [
      'restart begins anew, with the breakpoints that there are',
      'restart with arguments starts what these say',
    ],
    supportsSetExpression: ['setExpression changes what an expression leads to'],
    supportsSetVariable: [
      'setVariable changes locals, elements and members, and the program goes on with them',
    ],
    supportsStepInTargetsRequest: [
      'stepInTargets tells the calls of a line, and stepIn goes into one of them',
    ],
    supportsSteppingGranularity: ['steps by instructions go one at a time, into calls or over them'],
    supportsTerminateRequest: [
      'terminate ends a program that stands still',
      'terminate ends a program that runs',
    ],
    supportsValueFormattingOptions: [
      'integers are shown in hexadecimal if that is wanted',
      'stackTrace shows what its format asks for',
    ],
    supportsWriteMemoryRequest: [
      'writeMemory changes memory, and says so',
      'writeMemory writes all of it or nothing, unless a part will do',
    ],
  },

  /** The requests that are carried out. All others of the protocol are refused, which is tested too. */
  requests: {
    attach: [
      'attach leads to a program that runs elsewhere, and detaching leaves it running',
      'attach refuses ports that nobody listens at, and wrong tokens',
    ],
    breakpointLocations: ['breakpointLocations tells where there can be breakpoints'],
    cancel: ['cancel ends an evaluation that calls a function that never returns'],
    completions: ['completions knows variables, and members of what is in front'],
    configurationDone: ['the program starts with configurationDone, not before'],
    continue: ['continue goes on to the end'],
    disassemble: ['disassemble tells instructions with their places and sources'],
    disconnect: ['disconnect ends the program and the adapter', 'disconnect works at every time'],
    evaluate: [
      'evaluate knows expressions of the language, in all contexts',
      'evaluate in a frame sees what that has',
      'functions are called only for what is typed',
      'errors in expressions show where',
    ],
    exceptionInfo: ['a trap stops before anything is unwound, and exceptionInfo tells of it'],
    initialize: ['initialize tells the capabilities, once', 'initialize refuses paths that are URIs'],
    launch: [
      'launch runs a program, whose output and exit code are told',
      'launch hands over arguments, environment and standard input',
      'launch opens folders to the program, and no others',
      'launch refuses what is no program',
    ],
    loadedSources: ['loadedSources tells all sources, those that are here by their paths'],
    locations: ['where a variable is declared can be asked for'],
    modules: ['modules tells what is loaded, as the module event has'],
    next: ['next steps over calls, from line to line', 'next behind the end of a function is in its caller'],
    pause: ['pause stops an endless loop', 'a step that does not end can be paused'],
    readMemory: ['readMemory reads what variables have'],
    restart: ['restart begins anew, with the breakpoints that there are'],
    scopes: ['scopes tells those of the source, then those of WebAssembly'],
    setBreakpoints: [
      'a breakpoint at a line stops there',
      'a breakpoint at a column stops within the line',
      'breakpoints may be set while the program runs',
      'a program without debug information has breakpoints in the text of its instructions',
    ],
    setExceptionBreakpoints: ['setExceptionBreakpoints says of each filter whether it is known'],
    setExpression: ['setExpression changes what an expression leads to'],
    setFunctionBreakpoints: ['function breakpoints stop where functions begin'],
    setInstructionBreakpoints: ['instruction breakpoints stop at instructions'],
    setVariable: [
      'setVariable changes locals, elements and members, and the program goes on with them',
      'setVariable refuses what is no value or no variable',
      'setVariable changes the globals of WebAssembly, but not its locals and operands',
    ],
    source: ['source tells the text of instructions'],
    stackTrace: ['stackTrace tells all frames, inlined ones too, with their places', 'stackTrace pages'],
    stepIn: ['stepIn steps into calls, and not into functions without a source'],
    stepInTargets: ['stepInTargets tells the calls of a line, and stepIn goes into one of them'],
    stepOut: ['stepOut goes to where the function returns'],
    terminate: ['terminate ends a program that stands still'],
    threads: ['threads tells the one that there is'],
    variables: [
      'locals are told with their types, memory and expressions for them',
      'an array of 100,000 elements is told in pages',
      'C++ containers and classes are told as what they stand for',
    ],
    writeMemory: ['writeMemory changes memory, and says so'],
  },

  /** The events that are told. */
  events: {
    breakpoint: ['breakpoints that find their place later are told'],
    continued: ['restart begins anew, with the breakpoints that there are'],
    exited: ['launch runs a program, whose output and exit code are told'],
    initialized: ['the program starts with configurationDone, not before'],
    invalidated: ['setVariable changes locals, elements and members, and the program goes on with them'],
    memory: ['writeMemory changes memory, and says so'],
    module: ['modules tells what is loaded, as the module event has'],
    output: [
      'launch runs a program, whose output and exit code are told',
      'what the program writes to standard error has a category of its own',
    ],
    process: ['launch runs a program, whose output and exit code are told'],
    progressEnd: ['compiling is reported as progress, to clients that want that'],
    progressStart: ['compiling is reported as progress, to clients that want that'],
    stopped: ['a breakpoint at a line stops there'],
    terminated: ['terminate ends a program that stands still'],
  },
};
