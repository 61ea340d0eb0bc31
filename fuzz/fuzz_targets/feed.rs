//! Any bytes as a feed document.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(base) = url::Url::parse("http://feed.example/") else { return };
    let _ = gainsay::feeds::parse(bytes, None, &base);
});
