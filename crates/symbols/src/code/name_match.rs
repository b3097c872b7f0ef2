//! Whether a function is meant by what users type: the end of its path, with parameters and
//! template arguments or without.

use crate::dwarf::units::is_version;

/// The name of a function, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
struct Path {
    parts: Vec<Part>,
    /// Types of parameters with what follows them, without spaces.
    parameters: Option<String>,
    /// Whether it begins with `::`, so that nothing may be before it.
    rooted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    base: String,
    /// Arguments of a template, without spaces.
    arguments: Option<String>,
}

/// What a user has typed to name functions.
pub(crate) struct Pattern {
    text: String,
    path: Path,
    /// The same for Zig, where `.` separates the parts of a path.
    zig: Path,
}

impl Pattern {
    pub(crate) fn new(typed: &str) -> Pattern {
        let without_hash = |mut path: Path| {
            if path.parts.len() > 1 && path.parts.last().is_some_and(Part::is_rust_hash) {
                path.parts.pop();
            }
            path
        };
        Pattern {
            text: typed.trim().to_string(),
            path: without_hash(Path::read(typed, false)),
            zig: Path::read(typed, true),
        }
    }

    /// Whether a function is meant. `linkage` is the name that the linker knows it by.
    pub(crate) fn matches(&self, name: &str, linkage: Option<&str>, is_zig: bool) -> bool {
        if linkage == Some(self.text.as_str()) || name == self.text {
            return true;
        }
        if is_zig {
            // In Zig it is the linkage name that has the path.
            return self
                .zig
                .is_end_of(&Path::read(linkage.unwrap_or(name), true));
        }
        // Most functions are told apart without being looked at closely.
        let last = self.path.parts.last();
        last.is_some_and(|last| last.base.starts_with("operator") || name.contains(&last.base))
            && self.path.is_end_of(&Path::read(name, false))
    }
}

impl Path {
    /// Takes a name apart. What is before the last space is the type of the result.
    fn read(text: &str, is_zig: bool) -> Path {
        let mut reader = PathReader {
            is_zig,
            ..PathReader::default()
        };
        let mut rest = text.trim();
        while let Some(next) = rest.chars().next() {
            let taken = reader.take(rest, next);
            if taken == 0 {
                break;
            }
            rest = &rest[taken..];
        }
        reader.finish()
    }

    /// Whether this is the end of another path. What this one leaves out may be anything: types
    /// of parameters, arguments of templates, nameless namespaces.
    fn is_end_of(&self, whole: &Path) -> bool {
        let parameters_fit = match (&self.parameters, &whole.parameters) {
            (Some(typed), Some(known)) => {
                let tail = known.strip_prefix(typed.as_str());
                tail.is_some_and(|tail| !tail.contains([',', ')']) || tail.is_empty())
            }
            _ => true,
        };
        parameters_fit
            && !self.parts.is_empty()
            && whole
                .alternatives()
                .iter()
                .any(|parts| self.parts_are_end_of(parts))
    }

    fn parts_are_end_of(&self, whole: &[Part]) -> bool {
        let names_nameless = self.parts.iter().any(Part::is_nameless);
        let mut whole = whole
            .iter()
            .rev()
            .filter(|part| names_nameless || !part.is_nameless());
        let mut parts = self.parts.iter().rev();
        let all = parts.all(|typed| whole.next().is_some_and(|known| typed.fits(known)));
        all && (!self.rooted || whole.next().is_none())
    }

    /// The path, and where it goes through a method of a Rust type (`<T as Trait>`, `<impl Trait for
    /// T>`), the paths through the type and through the trait.
    fn alternatives(&self) -> Vec<Vec<Part>> {
        let mut found = vec![self.parts.clone()];
        let position = self
            .parts
            .iter()
            .position(|part| part.base.starts_with('<'));
        let Some(position) = position else {
            return found;
        };
        let inner = self.parts[position].base.trim_start_matches('<');
        let inner = inner.strip_suffix('>').unwrap_or(inner);
        let sides = match split_outside(inner, " as ") {
            Some((type_, trait_)) => [Some(type_), Some(trait_)],
            None => match split_outside(inner.trim_start_matches("impl "), " for ") {
                Some((trait_, type_)) => [Some(type_), Some(trait_)],
                None => [Some(inner.trim_start_matches("impl ")), None],
            },
        };
        for side in sides.into_iter().flatten() {
            let side = side.trim_start_matches(['&', '*']);
            let side = ["mut ", "const "]
                .iter()
                .find_map(|prefix| side.strip_prefix(prefix))
                .unwrap_or(side);
            let mut parts = Path::read(side, false).parts;
            parts.extend_from_slice(&self.parts[position + 1..]);
            found.push(parts);
        }
        found
    }
}

/// Splits at a separator that is not within brackets.
fn split_outside<'a>(text: &'a str, separator: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' | b')' | b']' => depth = depth.saturating_sub(1),
            b' ' if depth == 0 && text[at..].starts_with(separator) => {
                return Some((&text[..at], &text[at + separator.len()..]));
            }
            _ => {}
        }
    }
    None
}

impl Part {
    fn fits(&self, known: &Part) -> bool {
        self.base == known.base && (self.arguments.is_none() || self.arguments == known.arguments)
    }

    /// Whether programmers do not write it: an anonymous namespace, or an inline one of a C++
    /// library.
    fn is_nameless(&self) -> bool {
        let name = self.base.as_str();
        matches!(name, "(anonymous namespace)" | "(anonymous)" | "__cxx11") || is_version(name)
    }

    fn is_rust_hash(&self) -> bool {
        let digits = self.base.strip_prefix('h');
        digits.is_some_and(|digits| {
            digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }
}

#[derive(Default)]
struct PathReader {
    is_zig: bool,
    path: Path,
    base: String,
    arguments: String,
    /// How many brackets are open.
    depth: usize,
    /// Whether the brackets are those of a Rust type, and part of the name.
    in_base: bool,
}

impl PathReader {
    /// Takes what comes next; returns how many bytes that was, 0 at the end of the path.
    fn take(&mut self, rest: &str, next: char) -> usize {
        if self.depth > 0 {
            self.take_within(next);
            return next.len_utf8();
        }
        if rest.starts_with("::") {
            self.end_part();
            return 2;
        }
        if self.base.is_empty()
            && let Some(length) = operator(rest)
        {
            self.base = rest[..length].split_whitespace().collect();
            return length;
        }
        for nameless in ["(anonymous namespace)", "(anonymous)", "{{closure}}"] {
            if self.base.is_empty() && rest.starts_with(nameless) {
                self.base.push_str(nameless);
                return nameless.len();
            }
        }
        match next {
            '.' if self.is_zig => self.end_part(),
            '(' => {
                self.path.parameters = Some(rest.split_whitespace().collect());
                return 0;
            }
            ' ' => {
                self.path.parts.clear();
                self.base.clear();
                self.arguments.clear();
            }
            '<' | '{' | '[' => {
                self.depth = 1;
                self.in_base = self.base.is_empty() || next != '<';
                self.push(next);
            }
            next => self.base.push(next),
        }
        next.len_utf8()
    }

    fn take_within(&mut self, next: char) {
        match next {
            '<' | '(' | '[' | '{' => self.depth += 1,
            // An arrow closes nothing.
            '>' if self.base.ends_with('-') || self.arguments.ends_with('-') => {}
            '>' | ')' | ']' | '}' => self.depth -= 1,
            _ => {}
        }
        self.push(next);
    }

    fn push(&mut self, next: char) {
        if self.in_base {
            self.base.push(next);
        } else if !next.is_whitespace() {
            self.arguments.push(next);
        }
    }

    fn end_part(&mut self) {
        let base = std::mem::take(&mut self.base);
        let arguments = Some(std::mem::take(&mut self.arguments));
        let arguments = arguments.filter(|arguments| !arguments.is_empty());
        match (base.is_empty(), self.path.parts.last_mut()) {
            (false, _) => self.path.parts.push(Part { base, arguments }),
            // Rust writes `name::<arguments>`; the second part came without a name.
            (true, Some(last)) if arguments.is_some() => last.arguments = arguments,
            (true, None) => self.path.rooted = true,
            (true, _) => {}
        }
    }

    fn finish(mut self) -> Path {
        self.end_part_of_rust();
        let rooted = self.path.rooted;
        self.end_part();
        // Nothing at all is no root.
        self.path.rooted = rooted && !self.path.parts.is_empty();
        self.path
    }

    /// `::<T>` at the end is not a type that has methods, but arguments of what is before it.
    fn end_part_of_rust(&mut self) {
        if self.base.starts_with('<')
            && let Some(last) = self.path.parts.last_mut()
            && last.arguments.is_none()
        {
            let arguments = std::mem::take(&mut self.base);
            last.arguments = Some(arguments.split_whitespace().collect());
        }
    }
}

/// How long the name of an operator of C++ is that the text begins with.
fn operator(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("operator")?;
    if rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
        return None;
    }
    let spaces = rest.len() - rest.trim_start().len();
    let sign = rest.trim_start();
    let length = if sign.starts_with("()") || sign.starts_with("[]") {
        2
    } else if sign.starts_with(|next: char| next.is_alphabetic()) {
        // `new`, `delete[]`, or the type that is converted to.
        sign.find('(').unwrap_or(sign.len())
    } else {
        let signs = "+-*/%^&|~!=<>,\"";
        let end = sign.find(|next| !signs.contains(next));
        let all = end.unwrap_or(sign.len());
        // The arguments of a template may follow: `operator<<int>`, `operator==<int>`.
        let longest = ["<=>", "<<=", ">>=", "->*"];
        let two = [
            "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "++", "--", "->", "+=", "-=", "*=",
            "/=", "%=", "^=", "&=", "|=",
        ];
        if longest.iter().any(|sign_| sign.starts_with(sign_)) {
            3
        } else if two.iter().any(|sign_| sign.starts_with(sign_)) {
            2
        } else {
            all.min(1)
        }
    };
    (length > 0).then_some("operator".len() + spaces + length)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    fn matches(typed: &str, name: &str) -> bool {
        Pattern::new(typed).matches(name, None, false)
    }

    #[test]
    fn the_end_of_a_path_is_enough() {
        for typed in [
            "add",
            "Ledger::add",
            "stock::Ledger::add",
            "::stock::Ledger::add",
        ] {
            assert!(matches(typed, "stock::Ledger::add(int)"), "{typed}");
        }
        for typed in [
            "ad",
            "dd",
            "Led::add",
            "other::Ledger::add",
            "::add",
            "",
            "::",
            "stock",
        ] {
            assert!(!matches(typed, "stock::Ledger::add(int)"), "{typed}");
        }
        assert!(matches("main", "main"));
        assert!(matches("::main", "main"));
        assert!(matches("~Shape", "shapes::Shape::~Shape()"));
        assert!(matches("ns::f", "ns::(anonymous namespace)::f()"));
        assert!(matches("std::vector::at", "std::__2::vector<int>::at(int)"));
        assert!(matches(
            "std::__2::vector::at",
            "std::__2::vector<int>::at(int)"
        ));
        assert!(!matches(
            "std::__1::vector::at",
            "std::__2::vector<int>::at(int)"
        ));
        assert!(matches(
            "(anonymous namespace)::f",
            "ns::(anonymous namespace)::f()"
        ));
    }

    #[test]
    fn parameters_and_arguments_count_if_they_are_given() {
        let name =
            "void ns::Pair<int, std::basic_string<char> >::swap<long>(int const&, int) const";
        for typed in [
            "swap",
            "Pair::swap",
            "ns::Pair::swap<long>",
            "Pair<int, std::basic_string<char>>::swap",
            "swap(int const&, int)",
            "swap(int const&,int) const",
        ] {
            assert!(matches(typed, name), "{typed}");
        }
        for typed in [
            "swap<int>",
            "Pair<int>::swap",
            "swap(int)",
            "swap()",
            "swap(int const&)",
        ] {
            assert!(!matches(typed, name), "{typed}");
        }
    }

    #[test]
    fn operators_are_names() {
        assert!(matches("operator<", "ns::operator<(A const&, A const&)"));
        assert!(!matches("operator<", "ns::operator<<(A const&, A const&)"));
        assert!(matches("A::operator()", "A::operator()(int) const"));
        assert!(matches("operator==", "bool operator==<int>(A<int> const&)"));
        assert!(matches("operator->", "Box<int>::operator->() const"));
        assert!(matches("operator new", "operator new(unsigned long)"));
        assert!(!matches("operator new", "operator new[](unsigned long)"));
        assert!(matches("operators", "operators()"));
    }

    #[test]
    fn methods_of_rust_are_found_by_type_and_trait() {
        let name = "<values::Square as values::Shape>::area";
        for typed in ["area", "Square::area", "values::Shape::area", name] {
            assert!(matches(typed, name), "{typed}");
        }
        assert!(!matches("Circle::area", name));
        let name = "alloc::vec::Vec<T,A>::push";
        for typed in ["push", "Vec::push", "alloc::vec::Vec<T, A>::push"] {
            assert!(matches(typed, name), "{typed}");
        }
        assert!(matches("Vec::push", "<alloc::vec::Vec<u8>>::push"));
        assert!(matches(
            "Vec::fmt",
            "<&mut alloc::vec::Vec<u8> as core::fmt::Debug>::fmt"
        ));
        assert!(matches(
            "Square::name",
            "values::<impl values::Shape for values::Square>::name"
        ));
        assert!(matches(
            "drop_in_place",
            "core::ptr::drop_in_place::<[alloc::string::String; 4]>"
        ));
        assert!(matches("values::main", "values::main"));
        assert!(matches("values::main::h0123456789abcdef", "values::main"));
        assert!(matches("main::{{closure}}", "values::main::{{closure}}"));
    }

    #[test]
    fn zig_separates_by_dots() {
        let pattern =
            |typed: &str, linkage| Pattern::new(typed).matches("slices", Some(linkage), true);
        assert!(pattern("slices", "values.slices"));
        assert!(pattern("values.slices", "values.slices"));
        assert!(!pattern("other.slices", "values.slices"));
        assert!(!matches("part", "work.part"));
    }

    #[test]
    fn whatever_is_typed_is_taken() {
        for typed in [
            "<",
            "<<<",
            ">>",
            "(",
            ")",
            "a<b",
            "operator",
            "operator ",
            "{",
            "::<>",
            "é::ü",
            "->",
        ] {
            let _ = matches(typed, "ns::f<int>(int)");
            let _ = matches("f", typed);
        }
    }
}
