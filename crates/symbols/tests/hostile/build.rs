//! Makes modules with debug information of any kind.

pub fn leb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let byte = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(byte);
            return bytes;
        }
        bytes.push(byte | 0x80);
    }
}

pub fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    [vec![id], leb(contents.len() as u64), contents.to_vec()].concat()
}

pub fn custom(name: &str, contents: &[u8]) -> Vec<u8> {
    section(
        0,
        &[leb(name.len() as u64), name.into(), contents.into()].concat(),
    )
}

/// A module with one function of 100 bytes, which begins at address 2.
pub fn module(debug: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = vec![0];
    body.resize(99, 0x01);
    body.push(0x0b);
    let mut wasm = b"\0asm\x01\0\0\0".to_vec();
    wasm.extend(section(1, &[1, 0x60, 0, 0]));
    wasm.extend(section(3, &[1, 0]));
    wasm.extend(section(10, &[vec![1], leb(100), body].concat()));
    for (name, contents) in debug {
        wasm.extend(custom(name, contents));
    }
    wasm
}

/// A unit of DWARF 4 from its entries; its abbreviations begin at 0.
pub fn unit(entries: &[u8]) -> Vec<u8> {
    let header = [&[4, 0][..], &[0; 4], &[4]].concat();
    let length = (header.len() + entries.len()) as u32;
    [&length.to_le_bytes()[..], &header, entries].concat()
}

pub const CHILDREN: u8 = 1;
pub const UNIT: u8 = 0x11;
pub const SUBPROGRAM: u8 = 0x2e;
pub const INLINED: u8 = 0x1d;
pub const NAME: (u8, u8) = (0x03, 0x08);
pub const LOW: (u8, u8) = (0x11, 0x01);
pub const HIGH: (u8, u8) = (0x12, 0x06);
pub const RANGES: (u8, u8) = (0x55, 0x17);

pub fn abbreviation(code: u8, tag: u8, children: u8, attributes: &[(u8, u8)]) -> Vec<u8> {
    let mut bytes = vec![code, tag, children];
    for (name, form) in attributes {
        bytes.extend([*name, *form]);
    }
    bytes.extend([0, 0]);
    bytes
}

/// The values of `LOW` and `HIGH`: the whole function.
pub fn all_code() -> Vec<u8> {
    [2u32.to_le_bytes(), 100u32.to_le_bytes()].concat()
}

/// Where a file offset in the function's middle is.
pub fn middle(wasm: &[u8]) -> u32 {
    let body = wasm
        .windows(4)
        .position(|bytes| bytes == [0x01; 4])
        .unwrap();
    body as u32 + 10
}
