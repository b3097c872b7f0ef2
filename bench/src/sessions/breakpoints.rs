//! Placing and removing breakpoints in a big module.

use super::Plan;
use super::figures::{Figure, Results};
use super::first_stop::Big;
use anyhow::{Result, ensure};
use trapline::{Module, Store};

/// Takes every figure once, in stores that have had no breakpoint yet.
pub fn round(big: &Big, plan: &Plan, results: &mut Results) -> Result<()> {
    let module = big.module();
    let middle = big.places()[big.places().len() / 2];
    let mut store = Store::new(module.engine(), ());
    for figures in [
        (Figure::PlaceFirst, Some(Figure::RemoveFirst)),
        (Figure::PlaceAgain, None),
    ] {
        let placed = place(&mut store, module, &[middle], plan)?;
        results.push(figures.0, placed);
        let removed = remove(&mut store, module, &[middle], plan)?;
        if let Some(figure) = figures.1 {
            results.push(figure, removed);
        }
    }

    let places = big.places();
    let count = Figure::PlaceNear.things() as usize;
    ensure!(places.len() >= count, "the module is not big enough");
    let near = &places[places.len() / 2 - count / 2..][..count];
    let far: Vec<u32> = places
        .iter()
        .copied()
        .step_by(places.len() / count)
        .take(count)
        .collect();
    for (pcs, place_figure, remove_figure) in [
        (near, Figure::PlaceNear, Figure::RemoveNear),
        (&far, Figure::PlaceFar, Figure::RemoveFar),
    ] {
        let mut store = Store::new(module.engine(), ());
        results.push(place_figure, place(&mut store, module, pcs, plan)?);
        results.push(remove_figure, remove(&mut store, module, pcs, plan)?);
    }
    Ok(())
}

fn place(store: &mut Store<()>, module: &Module, pcs: &[u32], plan: &Plan) -> Result<f64> {
    let (elapsed, result) = plan.clock.time(|| {
        store.edit_breakpoints(|breakpoints| {
            pcs.iter()
                .try_for_each(|&pc| breakpoints.add(module, pc).map(drop))
        })
    });
    result?;
    let placed = store.edit_breakpoints(|breakpoints| Ok(breakpoints.of_module(module)))?;
    ensure!(
        placed == pcs,
        "breakpoints were not placed where they were to be"
    );
    Ok(elapsed)
}

fn remove(store: &mut Store<()>, module: &Module, pcs: &[u32], plan: &Plan) -> Result<f64> {
    let (elapsed, result) = plan.clock.time(|| {
        store.edit_breakpoints(|breakpoints| {
            pcs.iter()
                .try_for_each(|&pc| breakpoints.remove(module, pc).map(drop))
        })
    });
    result?;
    let left = store.edit_breakpoints(|breakpoints| Ok(breakpoints.of_module(module)))?;
    ensure!(left.is_empty(), "breakpoints were not removed");
    Ok(elapsed)
}
