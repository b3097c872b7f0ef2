//! A bar that shows how far compiling is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use trapline::Progress;

/// Compiling that takes no longer is shown to nobody.
const PATIENCE: Duration = Duration::from_millis(500);

/// A progress bar that appears on a terminal only, and only once there is something to wait for.
pub(crate) struct CompileProgress {
    start: Instant,
    bar: OnceLock<ProgressBar>,
}

impl CompileProgress {
    pub(crate) fn new() -> CompileProgress {
        CompileProgress {
            start: Instant::now(),
            bar: OnceLock::new(),
        }
    }

    /// Shows how far it is. Called by all threads that compile.
    pub(crate) fn update(&self, progress: Progress) {
        if self.bar.get().is_none() && self.start.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_init(|| self.make(progress.total_bytes));
        // Threads may report out of order.
        if progress.done_bytes > bar.position() {
            bar.set_position(progress.done_bytes);
        }
    }

    fn make(&self, total: u64) -> ProgressBar {
        // Hidden by itself if standard error is no terminal.
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(
            "compiling [{bar:30}] {binary_bytes} of {binary_total_bytes}, {eta} left",
        );
        bar.with_style(
            style
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> "),
        )
        .with_elapsed(self.start.elapsed())
    }
}

impl Drop for CompileProgress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
