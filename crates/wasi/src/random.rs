//! Random bytes.

use crate::ctx::WasiCtx;
use crate::errno::Errno;
use crate::memory::GuestMemory;

impl WasiCtx {
    /// `random_get`: fills a buffer with random bytes of the host, fit for cryptography.
    pub(crate) fn random_get(
        &mut self,
        memory: &mut GuestMemory<'_>,
        buf: u32,
        buf_len: u32,
    ) -> Result<(), Errno> {
        getrandom::fill(memory.slice_mut(buf, buf_len)?).map_err(|_| Errno::Io)
    }
}

#[cfg(test)]
mod tests {
    use crate::WasiCtxBuilder;
    use crate::errno::Errno;
    use crate::memory::GuestMemory;

    #[test]
    fn exactly_the_buffer_is_filled() {
        let mut ctx = WasiCtxBuilder::new().build();
        let mut bytes = [0; 64];
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(ctx.random_get(&mut memory, 8, 48), Ok(()));
        assert_eq!(ctx.random_get(&mut memory, 64, 0), Ok(()));
        assert_eq!(ctx.random_get(&mut memory, 8, 57), Err(Errno::Fault));
        assert_eq!((&bytes[..8], &bytes[56..]), (&[0; 8][..], &[0; 8][..]));
        assert!(bytes[8..56].iter().any(|&byte| byte != 0));
    }
}
