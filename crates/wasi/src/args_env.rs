//! Arguments and environment: lists of strings, each ended by a zero byte.

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;

impl WasiCtx {
    /// `args_get`
    pub(crate) fn args_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        argv: u32,
        argv_buf: u32,
    ) -> Result<(), Errno> {
        write_strings(memory, &self.args, argv, argv_buf)
    }

    /// `args_sizes_get`
    pub(crate) fn args_sizes_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        count: u32,
        size: u32,
    ) -> Result<(), Errno> {
        write_sizes(memory, &self.args, count, size)
    }

    /// `environ_get`
    pub(crate) fn environ_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        environ: u32,
        environ_buf: u32,
    ) -> Result<(), Errno> {
        write_strings(memory, &self.env, environ, environ_buf)
    }

    /// `environ_sizes_get`
    pub(crate) fn environ_sizes_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        count: u32,
        size: u32,
    ) -> Result<(), Errno> {
        write_sizes(memory, &self.env, count, size)
    }
}

/// Writes the strings one after another at `buffer`, and their addresses at `pointers`.
fn write_strings(
    memory: &mut GuestMemory<'_>,
    strings: &[Vec<u8>],
    pointers: u32,
    buffer: u32,
) -> Result<(), Errno> {
    let (mut pointer, mut at) = (pointers, buffer);
    for string in strings {
        memory.write_u32(pointer, at)?;
        memory.write(at, string)?;
        // The strings fit the memory so far, hence its addresses; the next check tells of the end.
        let end = at.checked_add(length(string)?).ok_or(Errno::Fault)?;
        memory.write(end, &[0])?;
        at = end.checked_add(1).ok_or(Errno::Fault)?;
        pointer = pointer.checked_add(4).ok_or(Errno::Fault)?;
    }
    Ok(())
}

fn write_sizes(
    memory: &mut GuestMemory<'_>,
    strings: &[Vec<u8>],
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    let mut total: u32 = 0;
    for string in strings {
        let len = length(string)?.checked_add(1).ok_or(Errno::Overflow)?;
        total = total.checked_add(len).ok_or(Errno::Overflow)?;
    }
    memory.write_u32(
        count,
        u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?,
    )?;
    memory.write_u32(size, total)
}

fn length(string: &[u8]) -> Result<u32, Errno> {
    u32::try_from(string.len()).map_err(|_| Errno::Overflow)
}

#[cfg(test)]
mod tests {
    use crate::WasiCtxBuilder;
    use crate::errno::Errno;
    use crate::memory::GuestMemory;

    #[test]
    fn strings_are_laid_out_as_their_sizes_say() {
        let mut ctx = WasiCtxBuilder::new()
            .args(["a", "bc"])
            .env("k", "v")
            .build();
        let mut bytes = [0xff; 64];
        let mut memory = GuestMemory::new(&mut bytes);
        ctx.args_sizes_get(&mut memory, 0, 4).unwrap();
        ctx.args_get(&mut memory, 8, 16).unwrap();
        ctx.environ_sizes_get(&mut memory, 24, 28).unwrap();
        ctx.environ_get(&mut memory, 32, 36).unwrap();
        assert_eq!(bytes[..8], [2, 0, 0, 0, 5, 0, 0, 0]);
        assert_eq!(bytes[8..16], [16, 0, 0, 0, 18, 0, 0, 0]);
        assert_eq!(&bytes[16..21], b"a\0bc\0");
        assert_eq!(bytes[24..32], [1, 0, 0, 0, 4, 0, 0, 0]);
        assert_eq!(&bytes[36..40], b"k=v\0");
        assert_eq!(bytes[40], 0xff);
    }

    #[test]
    fn addresses_outside_are_faults() {
        let mut ctx = WasiCtxBuilder::new().arg("abc").build();
        let mut bytes = [0; 16];
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(ctx.args_get(&mut memory, 0, 13), Err(Errno::Fault));
        assert_eq!(ctx.args_get(&mut memory, 13, 0), Err(Errno::Fault));
        assert_eq!(
            ctx.args_get(&mut memory, u32::MAX, u32::MAX),
            Err(Errno::Fault)
        );
        assert_eq!(ctx.args_sizes_get(&mut memory, 0, 13), Err(Errno::Fault));
        assert_eq!(ctx.args_get(&mut memory, 0, 12), Ok(()));
        // Nothing to write is never a fault.
        assert_eq!(ctx.environ_get(&mut memory, u32::MAX, u32::MAX), Ok(()));
    }
}
