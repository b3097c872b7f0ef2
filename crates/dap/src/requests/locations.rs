//! `locations`: the place that a number stands for.

use super::Handle;
use crate::context::{Context, Refusal};
use crate::protocol::{LocationsArguments, LocationsBody, LocationsRequest};
use crate::references::Referent;

impl Handle for LocationsRequest {
    fn handle(
        context: &mut Context<'_>,
        arguments: LocationsArguments,
    ) -> Result<LocationsBody, Refusal> {
        let number = arguments.location_reference;
        let Referent::Location {
            module,
            file,
            line,
            column,
        } = context.referent(number)?.clone()
        else {
            return Err(Refusal::because(format!("{number} is no location")));
        };
        let debugger = context.guest.debugger();
        let session = &mut *context.session;
        Ok(LocationsBody {
            source: session.sources.source(debugger, module, &file),
            line: session.line_to_client(line),
            column: column.map(|column| session.column_to_client(column)),
            ..LocationsBody::default()
        })
    }
}
