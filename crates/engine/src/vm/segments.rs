//! Copying from segments into tables.

use super::const_expr;
use super::instance::func_ref;
use super::module::RuntimeModule;
use super::vmctx::Vmctx;
use trapline_compile::module::ElementItems;
use trapline_compile::types::TableIndex;

/// Copies `length` items, from `source` on, to a table of the instance. `None`, and no change, if
/// they are not all there or have no place.
///
/// # Safety
///
/// The segment is of the table's type.
pub(crate) unsafe fn init_table(
    module: &RuntimeModule,
    vmctx: Vmctx,
    table: TableIndex,
    items: &ElementItems,
    start: u64,
    source: u32,
    length: u32,
) -> Option<()> {
    let range = source as usize..(source as usize).checked_add(length as usize)?;
    if range.end > items.len() {
        return None;
    }
    // SAFETY: the values are references of the segment's type to what the instance can refer to.
    // Evaluating an expression reads globals, but no table.
    unsafe {
        vmctx
            .table(table)
            .init(start, u64::from(length), |elements| match items {
                ElementItems::Functions(functions) => {
                    for (element, &func) in elements.iter_mut().zip(&functions[range]) {
                        *element = func_ref(module, vmctx, func).to_raw();
                    }
                }
                ElementItems::Expressions(expressions) => {
                    for (element, expression) in elements.iter_mut().zip(&expressions[range]) {
                        *element = const_expr::evaluate(module, vmctx, expression).as_u64();
                    }
                }
            })
    }
}
