//! `modules`: what is loaded.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{Module, ModuleId, ModulesArguments, ModulesBody, ModulesRequest};
use trapline_debugger::DebugModule;

impl Handle for ModulesRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: ModulesArguments,
    ) -> Result<ModulesBody, Refusal> {
        let all = context.debugger().modules();
        let total = all.iter().len();
        let first = arguments.start_module.unwrap_or(0) as usize;
        let count = match arguments.module_count.unwrap_or(0) as usize {
            0 => total,
            count => count,
        };
        Ok(ModulesBody {
            modules: all.iter().skip(first).take(count).map(module).collect(),
            total_modules: Some(total as u32),
        })
    }
}

/// A module as clients are told of it.
pub(crate) fn module(known: &DebugModule) -> Module {
    let symbols = known.module_symbols();
    let status = match (&symbols.symbols, symbols.notes.first()) {
        (Some(_), None) => "Symbols loaded".to_owned(),
        (_, Some(note)) => note.clone(),
        (None, None) => "No symbols".to_owned(),
    };
    Module {
        id: ModuleId::Number(i64::from(known.id().index())),
        name: known.name(),
        path: known.path().map(|path| path.to_string_lossy().into_owned()),
        symbol_status: Some(status),
        address_range: Some(crate::address::code(known.id(), 0)),
        ..Module::default()
    }
}
