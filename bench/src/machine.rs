//! The class of the machine that measured, without anything that would name it.

use std::fs;

/// Architecture, processor and number of threads.
pub fn describe() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let arch = std::env::consts::ARCH;
    let os = std::env::consts::OS;
    match processor() {
        Some(processor) => format!("{arch} {os}, {processor}, {threads} cores"),
        None => format!("{arch} {os}, {threads} cores"),
    }
}

fn processor() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let virtual_machine = field("flags").is_some_and(|flags| flags.contains(" hypervisor"));
    let family = field("cpu family").map_or(String::new(), |family| format!(" family {family}"));
    let kind = if virtual_machine {
        " (virtual machine)"
    } else {
        ""
    };
    Some(format!("{}{family}{kind}", field("model name")?))
}
