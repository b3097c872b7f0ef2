//! Types by their names, as users type them.

use super::{Language, RecordKind, Type, TypeId, TypeKind};
use crate::code::name_match::Pattern;
use crate::dwarf::index::NamedKind;
use crate::expression::spellings_of_c;
use crate::{Symbols, SymbolsError};
use std::collections::HashSet;
use std::mem::{Discriminant, discriminant};

impl Symbols {
    /// The types that a name stands for: one with a tag of C (`struct node`), with a path of which
    /// the end is enough (`ns::node`, in Zig `file.Node`), a base type (`unsigned char`, `u32`). Arguments of
    /// templates have to be given. Types that many units define alike are found once.
    ///
    /// # Errors
    ///
    /// If the debug information of one of them is damaged.
    pub fn types_named(&self, typed: &str) -> Result<Vec<TypeId>, SymbolsError> {
        self.begin_request();
        let found = self.find_types(typed);
        found.map_err(|error| self.explain(error))
    }

    fn find_types(&self, typed: &str) -> gimli::Result<Vec<TypeId>> {
        let wanted = Wanted::new(typed);
        let mut seen: HashSet<(Discriminant<TypeKind>, Vec<String>, Option<u64>)> = HashSet::new();
        let mut found = Vec::new();
        for name in &wanted.spellings {
            for entry in self.units().named(name, NamedKind::Type) {
                let id = TypeId(entry);
                let read = self.read_type(id)?;
                if wanted.is_meant(&read) {
                    let mut path = read.path.clone();
                    path.extend(read.name.clone());
                    if seen.insert((discriminant(&read.kind), path, read.size)) {
                        found.push(id);
                    }
                }
            }
        }
        Ok(found)
    }
}

/// What a user has typed to name a type.
struct Wanted {
    tag: Option<&'static str>,
    /// What the last part of its name may be in the debug information.
    spellings: Vec<String>,
    name: String,
    pattern: Pattern,
}

impl Wanted {
    fn new(typed: &str) -> Wanted {
        let mut name = typed.trim();
        let mut tag = None;
        for keyword in ["struct", "class", "union", "enum"] {
            let rest = name.strip_prefix(keyword);
            if let Some(rest) = rest.filter(|rest| rest.starts_with(char::is_whitespace)) {
                (tag, name) = (Some(keyword), rest.trim_start());
                break;
            }
        }
        let spaced: Vec<&str> = name.split_whitespace().collect();
        let spaced = spaced.join(" ");
        let name = tidy(name);
        let mut spellings = vec![spaced, name.clone(), last_part(&name).to_string()];
        // Old compilers put a space where a shift might be read.
        let apart: Vec<String> = spellings
            .iter()
            .map(|name| name.replace(">>", "> >"))
            .collect();
        spellings.extend(apart);
        spellings.extend(spellings_of_c(&name));
        if let Some((_, last)) = name.rsplit_once('.') {
            spellings.push(last.to_string());
        }
        let mut seen = HashSet::new();
        spellings.retain(|name| seen.insert(name.clone()));
        Wanted {
            tag,
            pattern: Pattern::new(&name),
            spellings,
            name,
        }
    }

    fn is_meant(&self, type_: &Type) -> bool {
        let fits_tag = match (self.tag, &type_.kind) {
            (None, _) => true,
            (Some("enum"), TypeKind::Enumeration { .. }) => true,
            (Some(tag), TypeKind::Record(record)) => {
                // C++ lets either of the two stand for both.
                (record.kind == RecordKind::Union) == (tag == "union") && tag != "enum"
            }
            _ => false,
        };
        let Some(name) = type_.name.as_deref().filter(|_| fits_tag) else {
            return false;
        };
        if type_.language == Language::Zig {
            let before = name.strip_suffix(self.name.as_str());
            return before.is_some_and(|before| before.is_empty() || before.ends_with('.'));
        }
        if matches!(type_.kind, TypeKind::Base(_)) {
            return self.spellings.iter().any(|spelling| spelling == name);
        }
        let full = [type_.path.join("::").as_str(), name].join("::");
        let full = full.trim_start_matches("::");
        tidy(name) == self.name || self.pattern.matches(full, None, false)
    }
}

/// Puts spaces as compilers do: between words, and behind commas.
fn tidy(name: &str) -> String {
    let mut tidy = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        if tidy.ends_with(|last| is_word(last) || last == '*' || last == '&')
            && word.starts_with(is_word)
        {
            tidy.push(' ');
        }
        tidy.push_str(word);
    }
    // What is behind a comma has lost its space above, or has had none.
    tidy.replace(',', ", ")
}

/// The name without the path before it.
fn last_part(name: &str) -> &str {
    let mut depth = 0_usize;
    let mut begin = 0;
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'<' | b'(' | b'[' => depth += 1,
            b'>' | b')' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => begin = at + 1,
            _ => {}
        }
    }
    &name[begin..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_compilers_spell_them() {
        let spellings = Wanted::new("std::pair<int,unsigned  char>").spellings;
        assert!(spellings.contains(&"pair<int, unsigned char>".to_string()));
        let spellings = Wanted::new("vector<pair<int, int> >").spellings;
        assert!(spellings.contains(&"vector<pair<int, int>>".to_string()));
        assert!(spellings.contains(&"vector<pair<int, int> >".to_string()));
        let spellings = Wanted::new("long unsigned").spellings;
        assert!(spellings.contains(&"unsigned long".to_string()));
        assert!(spellings.contains(&"long unsigned int".to_string()));
        assert!(Wanted::new("structure").tag.is_none());
        assert_eq!(Wanted::new("struct  node").name, "node");
    }
}
