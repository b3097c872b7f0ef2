//! `source`: a text that is not in a file.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{SourceArguments, SourceBody, SourceRequest};
use crate::sources::Text;
use std::fmt::Write;

impl Handle for SourceRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: SourceArguments,
    ) -> Result<SourceBody, Refusal> {
        let said = arguments.source.and_then(|source| source.source_reference);
        let number = said.unwrap_or(arguments.source_reference);
        let text = context.session.sources.text(number).cloned();
        let unknown = || Refusal::because(format!("there is no source {number}"));
        let debugger = context.guest.debugger();
        match text.ok_or_else(unknown)? {
            Text::Embedded { module, file } => {
                let text = debugger.source_text(&file, Some(module));
                let text = text.map_err(Refusal::because)?;
                Ok(SourceBody {
                    content: text.text().to_owned(),
                    mime_type: None,
                })
            }
            Text::Instructions { module, function } => {
                let sources = &mut context.session.sources;
                let code = sources.disassembly(debugger, module, function);
                let code = code.ok_or_else(unknown)?;
                let mut content = String::new();
                for instruction in &code.instructions {
                    let indent = 2 * instruction.depth;
                    let _ = writeln!(content, "{:indent$}{}", "", instruction.text);
                }
                Ok(SourceBody {
                    content,
                    mime_type: Some("text/wat".to_owned()),
                })
            }
        }
    }
}
