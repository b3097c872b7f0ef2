//! `loadedSources`: the source files of all modules.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{LoadedSourcesBody, LoadedSourcesRequest, NoArguments};

impl Handle for LoadedSourcesRequest {
    fn handle(context: &mut Context<'_>, _: NoArguments) -> Result<LoadedSourcesBody, Refusal> {
        let debugger = context.guest.debugger();
        let sources = &mut context.session.sources;
        let mut found = Vec::new();
        for module in debugger.modules().iter() {
            let files = module.symbols().and_then(|symbols| symbols.files().ok());
            for file in files.unwrap_or_default() {
                found.push(sources.source(debugger, module.id(), &file));
            }
        }
        Ok(LoadedSourcesBody { sources: found })
    }
}
