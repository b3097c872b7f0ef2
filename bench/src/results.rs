//! What was measured, as it is stored.

use crate::clock::Clock;
use serde::{Deserialize, Serialize};

/// Everything one run of the bench found.
#[derive(Serialize, Deserialize)]
pub struct Results {
    /// How it was found.
    pub about: About,
    /// One table for each measure.
    pub tables: Vec<Table>,
}

/// The circumstances of a run.
#[derive(Serialize, Deserialize)]
pub struct About {
    /// What is measured, and then what it is compared with.
    pub engines: Vec<String>,
    /// How often the whole suite was gone through.
    pub rounds: u32,
    /// What was meant by time.
    pub clock: Clock,
    /// The class of the machine.
    pub machine: String,
}

/// One measure of all programs.
#[derive(Serialize, Deserialize)]
pub struct Table {
    /// What is measured.
    pub measure: Measure,
    /// One row for each program or case.
    pub rows: Vec<Row>,
}

/// A program or case, on all engines.
#[derive(Serialize, Deserialize)]
pub struct Row {
    /// The program's name or the case's title.
    pub name: String,
    /// The figures of each engine, in the order of [`About::engines`].
    pub samples: Vec<Samples>,
}

/// The places in [`About::engines`] of an engine that is measured, and of the one that it is
/// compared with.
pub type Sides = [usize; 2];

/// Those of a comparison of two engines.
pub const BOTH: Sides = [0, 1];

/// A quantity that is measured. Smaller is better for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Time between a program's `bench.start` and `bench.end`.
    Execution,
    /// Time from bytes in memory to executable code, on one thread.
    CompileOne,
    /// The same on all threads, as time passes.
    CompileAll,
    /// Bytes of executable text: functions, trampolines, padding.
    CodeText,
    /// Bytes of the functions alone.
    CodeFunctions,
    /// Time to make and drop a store with an instance.
    Instantiate,
    /// Time of one call or small operation.
    Calls,
}

impl Measure {
    /// Every measure, in the order of the report.
    pub const ALL: &[Measure] = &[
        Measure::Execution,
        Measure::CompileOne,
        Measure::CompileAll,
        Measure::CodeText,
        Measure::CodeFunctions,
        Measure::Instantiate,
        Measure::Calls,
    ];

    /// The heading of its table.
    pub fn title(self) -> &'static str {
        match self {
            Measure::Execution => "Execution",
            Measure::CompileOne => "Compile time, one thread",
            Measure::CompileAll => "Compile time, all threads",
            Measure::CodeText => "Code size, whole text",
            Measure::CodeFunctions => "Code size, functions alone",
            Measure::Instantiate => "Instantiation",
            Measure::Calls => "Calls and small operations",
        }
    }

    /// The ratio that Trapline is to stay under, where there is one.
    pub fn goal(self) -> Option<f64> {
        match self {
            Measure::Execution => Some(1.03),
            Measure::CompileOne => Some(0.9),
            Measure::CodeText | Measure::Instantiate => Some(1.0),
            Measure::CompileAll | Measure::CodeFunctions | Measure::Calls => None,
        }
    }

    /// One value as a person reads it.
    pub fn show(self, value: f64) -> String {
        match self {
            Measure::Execution | Measure::CompileOne | Measure::CompileAll => {
                format!("{:.3} ms", value * 1e3)
            }
            Measure::CodeText | Measure::CodeFunctions => format!("{value:.0}"),
            Measure::Instantiate => format!("{:.2} µs", value * 1e6),
            Measure::Calls => format!("{:.2} ns", value * 1e9),
        }
    }
}

/// The values that one engine gave for one row.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// The smallest value; not a number if there is none.
    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::min)
    }

    /// The value in the middle; not a number if there is none.
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => f64::NAN,
            len if len % 2 == 1 => sorted[middle],
            _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
        }
    }

    /// How far the median lies above the minimum, as a part of it.
    pub fn spread(&self) -> f64 {
        self.median() / self.min() - 1.0
    }
}

impl Row {
    /// The ratio of the minima.
    pub fn min_ratio(&self, [subject, yardstick]: Sides) -> f64 {
        self.samples[subject].min() / self.samples[yardstick].min()
    }

    /// The ratio of the medians.
    pub fn median_ratio(&self, [subject, yardstick]: Sides) -> f64 {
        self.samples[subject].median() / self.samples[yardstick].median()
    }
}

impl Table {
    /// The geometric mean of a ratio over all rows.
    pub fn geomean(&self, ratio: impl Fn(&Row) -> f64) -> f64 {
        let logs: f64 = self.rows.iter().map(|row| ratio(row).ln()).sum();
        (logs / self.rows.len() as f64).exp()
    }

    /// The row with the largest ratio of minima; none if there are no rows.
    pub fn worst(&self, sides: Sides) -> Option<&Row> {
        let ratios = |a: &&Row, b: &&Row| a.min_ratio(sides).total_cmp(&b.min_ratio(sides));
        self.rows.iter().max_by(ratios)
    }
}

impl Results {
    /// Adds a value of one engine to a row, which comes to be if it is not there.
    pub fn push(&mut self, measure: Measure, name: &str, side: usize, value: f64) {
        let engines = self.about.engines.len();
        let table = match self
            .tables
            .iter()
            .position(|table| table.measure == measure)
        {
            Some(found) => &mut self.tables[found],
            None => {
                self.tables.push(Table {
                    measure,
                    rows: Vec::new(),
                });
                self.tables.last_mut().expect("just pushed")
            }
        };
        let row = match table.rows.iter().position(|row| row.name == name) {
            Some(found) => &mut table.rows[found],
            None => {
                table.rows.push(Row {
                    name: name.to_owned(),
                    samples: vec![Samples::default(); engines],
                });
                table.rows.last_mut().expect("just pushed")
            }
        };
        row.samples[side].push(value);
    }

    /// Puts the tables into the order of the report.
    pub fn sort(&mut self) {
        let rank = |table: &Table| Measure::ALL.iter().position(|one| *one == table.measure);
        self.tables.sort_by_key(rank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        let samples = Samples(vec![4.0, 1.0, 2.0, 3.0]);
        assert_eq!((samples.min(), samples.median()), (1.0, 2.5));
    }

    #[test]
    fn a_geomean_of_a_ratio_and_its_inverse_is_one() {
        let row = |a, b| Row {
            name: String::new(),
            samples: vec![Samples(vec![a]), Samples(vec![b])],
        };
        let table = Table {
            measure: Measure::Execution,
            rows: vec![row(1.0, 4.0), row(4.0, 1.0)],
        };
        let geomean = table.geomean(|row| row.min_ratio(BOTH));
        assert!((geomean - 1.0).abs() < 1e-12);
    }
}
