#!/usr/bin/env python3
"""Compares for how many variables there is a location with LLDB, at the places where the tests of the
debugger have looked at them. From the top of the repository, with a Python that has LLDB's module (of
version 22 or later, which knows WebAssembly):

    mkdir /tmp/stops
    TRAPLINE_STOPS_FOLDER=/tmp/stops cargo test -p trapline-debugger --test stops
    python3 tests/lldb/locations.py /tmp/stops [GUEST...]

Nothing runs: LLDB is asked which location holds for a variable at an address. That it can evaluate it
is taken for granted, but where the location is an operand that is not there, or is no number: nobody can
read that. What else LLDB has a location for and Trapline shows no value of is listed, and makes the
exit code 1. Each variable that the source declares counts once at each place.
"""

import pathlib
import re
import sys

import lldb

GUESTS = pathlib.Path(__file__).parent.parent / "guests"
VARIABLE = re.compile(r'^ +Variable: .*? name = "(.*?)", .*location = (.*?), decl = [^:]*:(\d+)$', re.M)


def lldb_variables(debugger, address):
    """For names and lines of declarations at an address: whether there is a location."""
    result = lldb.SBCommandReturnObject()
    command = f"image lookup --verbose --address {address:#x}"
    debugger.GetCommandInterpreter().HandleCommand(command, result)
    found = {}
    for name, location, line in VARIABLE.findall(result.GetOutput() or ""):
        # Of two with one name on one line, as where a function is inlined into itself, the inner one.
        found.setdefault((name, line), location != "<empty>")
    return found


def compare(debugger, stops):
    """The counts for a guest, and what only LLDB has a location of."""
    name = stops.stem
    module = GUESTS / name / f"{name}.wasm"
    if not module.exists():
        module = GUESTS / "values" / f"{name}.wasm"
    target = debugger.CreateTarget(str(module))
    code = target.GetModuleAtIndex(0).FindSection("code").GetFileOffset()
    ours = {}
    for row in stops.read_text().splitlines():
        wasm_pc, function, variable, line, known = row.split("\t")
        if line == "0":
            # What the compiler has made, such as `this`. Nothing tells those of inlined calls apart.
            continue
        ours.setdefault((int(wasm_pc, 16), function, variable, line), known)
    both = only_ours = neither = 0
    only_lldb = []
    for (wasm_pc, function, variable, line), known in ours.items():
        is_theirs = lldb_variables(debugger, wasm_pc - code).get((variable, line), False)
        is_ours = known in ("Whole", "Partly")
        match is_ours, is_theirs and known != "Wrong":
            case True, True:
                both += 1
            case True, False:
                only_ours += 1
            case False, True:
                only_lldb.append(f"{name}: {function} {wasm_pc:#x}: {variable} (line {line})")
            case False, False:
                neither += 1
    debugger.DeleteTarget(target)
    return both, only_ours, neither, only_lldb


def main():
    folder, *guests = sys.argv[1:]
    debugger = lldb.SBDebugger.Create()
    print(lldb.SBDebugger.GetVersionString())
    print(f"{'guest':<14}{'both':>8}{'Trapline':>10}{'LLDB':>8}{'neither':>9}")
    all_only_lldb = []
    for stops in sorted(pathlib.Path(folder).glob("*.tsv")):
        if guests and stops.stem not in guests:
            continue
        both, only_ours, neither, only_lldb = compare(debugger, stops)
        print(f"{stops.stem:<14}{both:>8}{only_ours:>10}{len(only_lldb):>8}{neither:>9}")
        all_only_lldb += only_lldb
    for line in all_only_lldb:
        print("only LLDB:", line)
    sys.exit(bool(all_only_lldb))


if __name__ == "__main__":
    main()
