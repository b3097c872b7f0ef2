//! Units whose larger part is in a file of its own (DWARF 5, section 7.3.2; before that an extension
//! of GNU's).
//!
//! The module has *skeletons*: what code they cover, their lines, and the name of the file with
//! the rest. The units of such a file take over what their skeletons cover.

use super::reader::Reader;
use super::units::{Unit, Units};
use gimli::{AttributeValue, DwoId};
use std::sync::{Arc, OnceLock};

/// A skeleton whose other part is not there yet.
pub(crate) struct Skeleton {
    unit: u32,
    id: DwoId,
}

impl Units {
    /// Notes a unit that is a skeleton.
    pub(super) fn note_skeleton(&mut self, unit: u32, id: Option<DwoId>) {
        if let Some(id) = id {
            self.skeletons.push(Skeleton { unit, id });
        }
    }

    /// The names of the files that the rest of skeletons is in, as the compiler named them.
    pub(crate) fn split_files(&self) -> gimli::Result<Vec<(String, String)>> {
        let mut files = Vec::new();
        for skeleton in &self.skeletons {
            let unit = &self.all()[skeleton.unit as usize];
            let dwarf = unit.with_sections();
            let folder = dwarf.comp_dir.clone().map(AttributeValue::String);
            let folder = folder.map(|folder| unit.string(folder)).transpose()?;
            if let Some(name) = dwarf.unit.dwo_name()? {
                files.push((folder.unwrap_or_default(), unit.string(name)?));
            }
        }
        Ok(files)
    }

    /// Adds the units of such a file, or of a package of them. Returns how many skeletons have got
    /// their other parts.
    pub(crate) fn add_split(
        &mut self,
        section: impl Fn(&str) -> Reader,
        empty: Reader,
    ) -> gimli::Result<usize> {
        let load = |id: gimli::SectionId| {
            let name = id.dwo_name().unwrap_or(id.name());
            Ok::<_, gimli::Error>(section(name))
        };
        let mut added = 0;
        if gimli::Reader::is_empty(&section(".debug_cu_index")) {
            let mut dwarf = gimli::Dwarf::load(load)?;
            dwarf.make_dwo(&self.dwarf);
            added += self.add_units(dwarf)?;
        } else {
            let package = gimli::DwarfPackage::load(load, empty)?;
            let ids: Vec<DwoId> = self.skeletons.iter().map(|skeleton| skeleton.id).collect();
            for id in ids {
                if let Some(dwarf) = package.find_cu(id, &self.dwarf)? {
                    added += self.add_units(dwarf)?;
                }
            }
        }
        // What was found by name before is not all there is any more.
        self.forget_names();
        Ok(added)
    }

    fn add_units(&mut self, mut dwarf: gimli::Dwarf<Reader>) -> gimli::Result<usize> {
        // The line table is that of the skeleton, and so are its names.
        dwarf.debug_line_str = self.dwarf.debug_line_str.clone();
        let sections = Arc::new(dwarf);
        let mut added = 0;
        let mut headers = sections.units();
        while let Some(header) = headers.next()? {
            if let gimli::UnitType::SplitType { .. } = header.type_() {
                self.read_unit(&sections, header)?;
            } else {
                added += usize::from(self.add_unit(&sections, header)?);
            }
        }
        let mut headers = sections.type_units();
        while let Some(header) = headers.next()? {
            self.read_unit(&sections, header)?;
        }
        Ok(added)
    }

    /// Adds a unit in place of its skeleton, if it has one.
    fn add_unit(
        &mut self,
        sections: &Arc<gimli::Dwarf<Reader>>,
        header: gimli::UnitHeader<Reader>,
    ) -> gimli::Result<bool> {
        let mut dwarf = sections.unit(header)?;
        let found = self
            .skeletons
            .iter()
            .position(|skeleton| Some(skeleton.id) == dwarf.dwo_id);
        let Some(found) = found else {
            return Ok(false);
        };
        let skeleton = self.skeletons.swap_remove(found).unit;
        let of_skeleton = self.all()[skeleton as usize].with_sections();
        dwarf.copy_relocated_attributes(of_skeleton.unit);
        dwarf.line_program = of_skeleton.unit.line_program.clone();
        dwarf.comp_dir = of_skeleton.unit.comp_dir.clone();
        self.replace(skeleton, sections.clone(), dwarf)?;
        Ok(true)
    }
}

impl Unit {
    /// A unit of a file of its own.
    pub(super) fn split(
        id: u32,
        sections: Arc<gimli::Dwarf<Reader>>,
        dwarf: gimli::Unit<Reader>,
        language: crate::types::Language,
    ) -> Unit {
        Unit {
            id,
            sections,
            dwarf,
            begin: usize::MAX,
            end: usize::MAX,
            language,
            index: OnceLock::new(),
            lines: OnceLock::new(),
        }
    }
}
