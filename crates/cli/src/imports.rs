//! What a module asks for and does not get.

use crate::text::{count, harmless};
use anyhow::bail;
use std::fmt::Write;
use trapline::{Linker, Module, Store};

/// Fails with a list of all imports of the module that the linker does not have.
pub(crate) fn check<T>(
    module: &Module,
    linker: &Linker<T>,
    store: &mut Store<T>,
    label: &str,
) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for import in module.imports() {
        if linker
            .get(&mut *store, import.module(), import.name())
            .is_none()
        {
            missing.push(import);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let mut list = String::new();
    for import in &missing {
        let (module, name) = (harmless(import.module()), harmless(import.name()));
        let _ = write!(list, "\n    {module}.{name}: {}", import.ty());
    }
    let number = count(missing.len() as u64, "import");
    bail!("{label} has {number} that trapline does not provide:{list}")
}
