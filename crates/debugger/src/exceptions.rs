//! Which exceptions the guest stops at.

/// Which exceptions the guest stops at, when they are thrown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExceptionFilters {
    /// Those that a frame of the guest will catch.
    pub caught: bool,
    /// Those that none will.
    pub uncaught: bool,
    /// Those with one of these tags, by their names, caught or not.
    pub tags: Vec<String>,
    /// Those with one of these tags that a frame of the guest will catch.
    pub caught_tags: Vec<String>,
    /// Those with one of these tags that none will.
    pub uncaught_tags: Vec<String>,
}

impl Default for ExceptionFilters {
    /// Those that nothing catches.
    fn default() -> ExceptionFilters {
        ExceptionFilters {
            caught: false,
            uncaught: true,
            tags: Vec::new(),
            caught_tags: Vec::new(),
            uncaught_tags: Vec::new(),
        }
    }
}

impl ExceptionFilters {
    /// Whether the guest stops at an exception.
    pub fn include(&self, tag: Option<&str>, is_caught: bool) -> bool {
        let (by_kind, tags) = match is_caught {
            true => (self.caught, &self.caught_tags),
            false => (self.uncaught, &self.uncaught_tags),
        };
        let mut tags = self.tags.iter().chain(tags);
        by_kind || tag.is_some_and(|tag| tags.any(|wanted| wanted == tag))
    }
}

#[cfg(test)]
mod tests {
    use super::ExceptionFilters;

    #[test]
    fn exceptions_are_told_by_whether_they_are_caught_and_by_tag() {
        let mut filters = ExceptionFilters::default();
        assert!(filters.include(Some("a"), false) && !filters.include(Some("a"), true));
        filters.uncaught = false;
        filters.tags.push("a".to_owned());
        assert!(filters.include(Some("a"), true) && filters.include(Some("a"), false));
        assert!(!filters.include(Some("b"), false) && !filters.include(None, false));
        filters.uncaught_tags.push("b".to_owned());
        assert!(filters.include(Some("b"), false) && !filters.include(Some("b"), true));
        filters.caught = true;
        assert!(filters.include(None, true) && !filters.include(None, false));
    }
}
