//! Any bytes as a web page.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(url) = url::Url::parse("http://page.example/") else { return };
    let _ = gainsay::articles::read_page(bytes, None, &url);
});
