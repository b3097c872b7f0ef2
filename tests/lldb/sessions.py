#!/usr/bin/env python3
"""Debugs guests with LLDB, which starts `trapline` itself or connects to it. From the top of the
repository, with a Python that has LLDB's module (of version 22 or later, which knows WebAssembly):

    python3 tests/lldb/sessions.py [NAME...]

builds what it needs, prints a line for each check, and fails if one does. With names only the sessions
with these names are held.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import time

import lldb

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
GUESTS = TOP / "tests" / "guests"
TRAPLINE = TOP / "target" / "debug" / "trapline"
TWO_MODULES = TOP / "target" / "debug" / "examples" / "two_modules"

# A module whose function `_start`, with the name `count`, counts in the first word of its memory for ever.
ENDLESS = bytes.fromhex(
    "0061736d01000000010401600000030201000503010001070a01065f73746172740000"
    "0a1601140003404100410028020041016a3602000c000b0b"
    "000f046e616d650108010005636f756e74"
)

failures = []


def check(name, value, expected=True):
    """Tells whether a value is what was expected: equal, or for a pattern one that matches."""
    if isinstance(expected, re.Pattern):
        is_right = expected.search(str(value)) is not None
    else:
        is_right = value == expected
    if is_right:
        print("ok", name, flush=True)
    else:
        failures.append(name)
        print(f"not ok {name}: {value!r}, and not {expected!r}", flush=True)


def text_of(expected):
    return re.compile(expected, re.S)


class Session:
    """LLDB with a guest that it has started, or has connected to."""

    def __init__(self, file=None):
        self.debugger = lldb.SBDebugger.Create()
        self.debugger.SetAsync(False)
        self.command(f"settings set platform.plugin.wasm.runtime-path {TRAPLINE}")
        self.command("settings set -- platform.plugin.wasm.port-arg --gdb=127.0.0.1:")
        self.command("settings set -- platform.plugin.wasm.runtime-args run --debug")
        self.command("settings set -- platform.plugin.wasm.env-arg --env=")
        self.command("platform select wasm")
        self.printed = ""
        if file:
            self.command(f"target create {file}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.IsValid() and self.process.state != lldb.eStateExited:
            self.process.Kill()
        lldb.SBDebugger.Destroy(self.debugger)

    @property
    def target(self):
        return self.debugger.GetSelectedTarget()

    @property
    def process(self):
        return self.target.process

    @property
    def thread(self):
        return self.process.GetSelectedThread()

    @property
    def frame(self):
        return self.thread.GetSelectedFrame()

    def command(self, text):
        """Has LLDB do a command, as users write it. Returns what it prints."""
        result = lldb.SBCommandReturnObject()
        self.debugger.GetCommandInterpreter().HandleCommand(text, result)
        return (result.GetOutput() or "") + (result.GetError() or "")

    def stdout(self):
        """All that the guest has printed."""
        while part := self.process.GetSTDOUT(4096):
            self.printed += part
        return self.printed.replace("\r\n", "\n")

    def has_printed(self, text):
        """Whether the guest has printed that. It may still be on its way."""
        deadline = time.monotonic() + 10
        while text not in self.stdout() and time.monotonic() < deadline:
            time.sleep(0.01)
        return text in self.stdout()

    def stop(self):
        """Why the guest has stopped, as LLDB tells it."""
        return self.thread.GetStopDescription(1000)

    def place(self):
        entry = self.frame.line_entry
        return f"{self.frame.GetFunctionName()} {entry.file.basename}:{entry.line}"

    def functions(self):
        return [frame.GetFunctionName() for frame in self.thread]

    def value(self, expression):
        return self.frame.EvaluateExpression(expression).GetValue()

    def variable(self, path):
        return self.frame.GetValueForVariablePath(path)


def c_program():
    with Session(GUESTS / "steps" / "steps.wasm") as session:
        session.command("breakpoint set --name calls")
        session.command("process launch")
        check("c: a breakpoint by name", session.place(), "calls steps.c:31")
        check("c: why it has stopped", session.stop(), "breakpoint 1.1")
        check("c: the call stack", session.functions()[:2], ["calls", "main"])
        check("c: a parameter", session.variable("x").GetValue(), "3")
        session.command("thread step-in")
        check("c: a step into a call", session.place(), "square steps.c:18")
        check("c: its parameter", session.variable("x").GetValue(), "3")
        session.command("thread step-out")
        check("c: a step out", session.place(), "calls steps.c:31")
        check("c: why it has stopped behind it", session.stop(), "step out")
        session.command("thread step-over")
        check("c: a step over two calls", session.place(), "calls steps.c:32")
        check("c: what they have computed", session.variable("a").GetValue(), "25")
        session.command("thread step-over")
        session.command("thread step-in")
        check("c: no step into a function without source", session.place(), "calls steps.c:34")
        session.command("breakpoint set --file steps.c --line 40 --condition 'i == 70'")
        session.command("process continue")
        check("c: a breakpoint by line", session.place(), "count steps.c:40")
        check("c: its condition", session.variable("i").GetValue(), "70")
        check("c: an expression", session.value("total * 2 + i"), "4900")
        check("c: an assignment", session.value("total = 1000000"), "1000000")
        check("c: what was assigned", session.variable("total").GetValue(), "1000000")
        address = int(session.value("&total"), 16)
        error = lldb.SBError()
        memory = session.process.ReadMemory(address, 8, error)
        check("c: memory that is read", memory, (1000000).to_bytes(8, "little"))
        session.process.WriteMemory(address, (7).to_bytes(8, "little"), error)
        check("c: memory that is written", session.variable("total").GetValue(), "7")
        session.process.ReadMemory(0xFFFF0000, 8, error)
        check("c: memory that is not there", error.Fail())
        before = session.frame.pc
        session.command("thread step-inst")
        check("c: a step by instruction", 0 < session.frame.pc - before <= 6)
        check("c: why it has stopped at that", session.stop(), "instruction step into")
        listing = session.command("disassemble --pc --count 2")
        check("c: instructions", listing, text_of(r"-> +0x40000000\w+ <\+\d+>: +\w"))
        session.command("breakpoint disable")
        session.command("breakpoint set --name weigh")
        session.command("process continue")
        check("c: behind a pointer", session.variable("node->next->weight").GetValue(), "30")
        summary = session.frame.EvaluateExpression("node->name").GetSummary()
        check("c: a string", summary, '"first"')
        call = session.command("expression square(3)")
        check("c: a call in an expression is refused", call, text_of("error"))
        check("c: it is still where it was", session.place(), "weigh steps.c:52")
        session.command("process continue")
        check("c: how it ends", (session.process.state, session.process.GetExitStatus()), (lldb.eStateExited, 0))
        check("c: what it has printed", session.has_printed("42\n"))


def global_variable():
    with Session(GUESTS / "values" / "c-O0-5.wasm") as session:
        session.command("breakpoint set --name mark")
        session.command("process launch")
        marks = session.target.FindFirstGlobalVariable("marks")
        check("global: at first", marks.GetValueAsUnsigned(), 0)
        session.command("process continue")
        check("global: changed", marks.GetValueAsUnsigned(), 1)


def cpp_program():
    with Session(GUESTS / "values" / "cpp-O0-5.wasm") as session:
        session.command("breakpoint set --name Square::area")
        session.command("breakpoint set --name classes")
        session.command("process launch")
        check("c++: a function", session.functions()[0], text_of(r"classes\(.*Square"))
        session.command("thread until 84")
        session.command("thread step-over")
        check("c++: a line further down", session.frame.line_entry.line, 85)
        check("c++: a member behind a reference", session.variable("square.side").GetValue(), text_of(r"^\d+$"))
        check("c++: an enumerator", session.variable("color").GetValue(), "green")
        check("c++: a virtual base", session.variable("both.both").GetValue(), "4")
        check("c++: an array in a template", session.variable("buffer.items[1]").GetValue(), "6")
        check("c++: an expression", session.value("buffer.items[0] + both.left * 2"), "9")
        session.command("process continue")
        check("c++: a virtual function", session.functions()[0], text_of("Square::area"))
        check("c++: a member of this", session.variable("this->side").GetValue(), "4")
        check("c++: where it was called from", session.functions()[1], text_of("classes"))


def rust_program():
    with Session(GUESTS / "values" / "rust-O0-4.wasm") as session:
        session.command("breakpoint set --name mark")
        session.command("process launch")
        session.command("frame select 1")
        check("rust: a function", session.frame.GetFunctionName(), text_of("scalars"))
        check("rust: an i8", session.variable("small").GetValueAsSigned(), -5)
        check("rust: a u64", session.variable("big").GetValueAsUnsigned(), 18000000000000000000)
        check("rust: a bool", session.variable("yes").GetValueAsUnsigned(), 1)
        check("rust: a float", session.variable("float").GetValue(), "2.5")
        check("rust: an array", session.variable("array[2]").GetValueAsUnsigned(), 3)
        session.command("frame select 0")
        session.command("thread step-out")
        check("rust: a step out", session.frame.GetFunctionName(), text_of("scalars"))


def optimized_program():
    with Session(GUESTS / "inlined" / "inlined.wasm") as session:
        session.command("breakpoint set --name main")
        session.command("process launch")
        check("optimized: a breakpoint", session.stop(), text_of("^breakpoint 1"))
        inlined = 0
        for _ in range(40):
            session.command("thread step-in")
            inlined += session.frame.IsInlined()
        check("optimized: steps into inlined calls", inlined > 0)


def trap():
    with Session(GUESTS / "crash" / "crash.wasm") as session:
        session.command("process launch")
        check("trap: its text", session.stop(), text_of("^out of bounds memory access: address 0x22010000"))
        names = ["load_u16", "archive_summarize", "print_day", "print_report", "main"]
        check("trap: the frames, with an inlined call", session.functions()[:5], names)
        session.command("frame select 2")
        check("trap: an outer frame", session.variable("day").GetValue(), "2")
        session.command("process continue")
        check("trap: how it ends", session.process.GetExitStatus(), 134)


def exception():
    with Session(GUESTS / "exceptions" / "exceptions.wasm") as session:
        session.command("process launch -- uncaught")
        check("exception: its text", session.stop(), text_of("^uncaught exception"))
        check("exception: where it is thrown", "main" in " ".join(session.functions()))
        session.command("process continue")
        check("exception: how it ends", session.process.GetExitStatus(), 134)


def arguments_and_exit():
    with Session(GUESTS / "exit" / "exit.wasm") as session:
        session.command("process launch -- 3")
        check("exit: its code", session.process.GetExitStatus(), 3)
        check("exit: what it has printed", session.has_printed("leaving with 3\n"))


    with Session(GUESTS / "arguments" / "arguments.wasm") as session:
        session.command("breakpoint set --name fgets")
        session.command("process launch --environment 'LEVEL=a b' -- one 'two three'")
        printed = "argument 1: one\nargument 2: two three\n"
        check("exit: arguments", session.has_printed(printed))
        check("exit: the environment", session.has_printed("variable: LEVEL=a b\n"))


def interrupt():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "endless.wasm"
        file.write_bytes(ENDLESS)
        with Session(file) as session:
            session.command("breakpoint set --name count")
            session.command("process launch")
            check("interrupt: a breakpoint without source", session.stop(), text_of("breakpoint 1"))
            session.command("breakpoint delete --force")
            session.debugger.SetAsync(True)
            listener = session.debugger.GetListener()

            def wait_for(state):
                event = lldb.SBEvent()
                while session.process.state != state:
                    if not listener.WaitForEvent(10, event):
                        return False
                return True

            def count():
                return session.process.ReadUnsignedFromMemory(0, 4, lldb.SBError())

            are_stops = []
            before = count()
            # It may be stopped before it has run at all.
            for _ in range(100):
                session.process.Continue()
                runs = wait_for(lldb.eStateRunning)
                session.process.Stop()
                are_stops.append(runs and wait_for(lldb.eStateStopped))
                if count() != before and len(are_stops) >= 3:
                    break
            check("interrupt: it runs, and stops", all(are_stops))
            check("interrupt: it has counted", count() != before)
            check("interrupt: why", session.stop(), text_of("SIGINT|SIGSTOP"))
            session.debugger.SetAsync(False)
            session.command("thread step-inst")
            check("interrupt: a step", session.stop(), "instruction step into")
            session.process.Kill()
            check("interrupt: it is killed", session.process.state, lldb.eStateExited)


class Server:
    """A program that is listened to by the address that it prints."""

    def __init__(self, *command):
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.address = self.child.stdout.readline().split()[-1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()

    def rest(self):
        """What it prints until its end, and its exit code."""
        text = self.child.stdout.read()
        return text, self.child.wait()


def connect():
    guest = GUESTS / "steps" / "steps.wasm"
    with Server(TRAPLINE, "gdb", "--listen", "0", guest) as server:
        with Session(guest) as session:
            session.command(f"process connect --plugin wasm connect://{server.address}")
            check("connect: it stands still", session.process.state, lldb.eStateStopped)
            session.command("breakpoint set --name calls")
            session.command("process continue")
            check("connect: a breakpoint", session.functions()[:2], ["calls", "main"])
            session.process.Detach()
        text, code = server.rest()
        check("connect: it goes on without a client", (text, code), ("120\n59\n499999500000\n42\n", 0))


def reconnect():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "endless.wasm"
        file.write_bytes(ENDLESS)
        with Server(TRAPLINE, "gdb", "--listen", "0", file) as server:
            counts, places = [], []
            # What the client does not find as a file it reads from the guest.
            file.unlink()
            # A client that comes at once may find that nothing has been run since the last one.
            while len(counts) < 3 or (counts[0] == counts[-1] and len(counts) < 100):
                with Session() as session:
                    session.command(f"process connect --plugin wasm connect://{server.address}")
                    counts.append(session.process.ReadUnsignedFromMemory(0, 4, lldb.SBError()))
                    places.append(session.functions())
                    session.process.Detach()
            check("reconnect: it stands still for each client", places, [["count"]] * len(places))
            check("reconnect: it has gone on between them", counts[0] != counts[-1])
            with Session() as session:
                session.command(f"process connect --plugin wasm connect://{server.address}")
                session.process.Kill()
            check("reconnect: it is killed", server.rest(), ("", 0))


def two_modules():
    with Server(TWO_MODULES, GUESTS / "steps" / "steps.wasm") as server:
        with Session() as session:
            session.command(f"process connect --plugin wasm connect://{server.address}")
            names = [module.file.basename for module in session.target.modules]
            check("modules: their names", names, ["steps.wasm", "runner"])
            session.command("breakpoint set --name run_once")
            session.command("process continue")
            check("modules: a breakpoint in the one without a file", session.stop(), "breakpoint 1.1")
            memory = session.process.ReadCStringFromMemory(16, 99, lldb.SBError())
            check("modules: its memory", memory, "the runner's own memory")
            session.command("breakpoint set --name weigh")
            session.command("process continue")
            functions = session.functions()
            check("modules: the call stack", functions[:2] + functions[6:7], ["weigh", "main", "run_once"])
            modules = [frame.module.file.basename for frame in session.thread]
            check("modules: the frames' modules", modules, ["steps.wasm"] * 6 + ["runner"] * 2)
            check("modules: variables", session.variable("node->weight").GetValue(), "12")
            session.command("frame select 6")
            session.command("thread step-out")
            check("modules: a step out of six frames", len(session.functions()), 1)
            session.command("process continue")
            check("modules: the second round", session.stop(), "breakpoint 1.1")
            session.command("breakpoint delete --force")
            session.command("process continue")
            check("modules: how it ends", session.process.GetExitStatus(), 0)


SESSIONS = {
    "c": c_program,
    "global": global_variable,
    "c++": cpp_program,
    "rust": rust_program,
    "optimized": optimized_program,
    "trap": trap,
    "exception": exception,
    "exit": arguments_and_exit,
    "interrupt": interrupt,
    "connect": connect,
    "reconnect": reconnect,
    "modules": two_modules,
}


def main():
    build = ["cargo", "build", "--quiet", "--package"]
    subprocess.run(build + ["trapline-cli"], cwd=TOP, check=True)
    subprocess.run(build + ["trapline-gdb", "--example", "two_modules"], cwd=TOP, check=True)
    print(lldb.SBDebugger.GetVersionString())
    for name in sys.argv[1:] or SESSIONS:
        SESSIONS[name]()
    if failures:
        sys.exit(f"{len(failures)} checks have failed")


if __name__ == "__main__":
    main()
