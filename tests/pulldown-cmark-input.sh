#!/bin/sh
# Makes a corpus in the folder $2 that has the sightglass program `pulldown-cmark` of the corpus $1
# together with its input, for
#
#     TRAPLINE_CORPUS=$2 cargo test -p trapline-wasi --test sightglass -- --nocapture
#
# The corpus has the program and its expected output, but not what it reads: five copies of a draft
# of the CommonMark specification, and the beginning of a sixth. The draft differs from the published
# 0.30 in its date and in one sentence, as the expected output tells. Needs npm and GNU sed.
set -eu
[ $# = 2 ] || { echo "usage: $0 CORPUS NEW-CORPUS" >&2; exit 2; }
program=$2/sightglass/pulldown-cmark
mkdir -p "$2/sightglass"
cp -r "$1/sightglass/pulldown-cmark" "$2/sightglass/"
chmod -R u+w "$program"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
(cd "$work" && npm pack --silent commonmark-spec@0.30.0 && tar xzf commonmark-spec-0.30.0.tgz) >&2
sed -z -i \
    -e 's/version: 0.30/version: 0.29/' \
    -e "s/date: '2021-06-19'/date: '2019-04-06'/" \
    -e 's/, indexed to the length of the closing delimiter run\n(modulo 3) and to whether the closing delimiter can also be an\nopener\./ and each length of the closing delimiter run\n(modulo 3)./' \
    "$work/package/spec.txt"
for copy in 1 2 3 4 5 6; do cat "$work/package/spec.txt"; done |
    head -c 1099987 >"$program/default.input.md"
