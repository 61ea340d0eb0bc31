//! Any bytes as a list of feeds: what is read can be written and read again.
#![no_main]

use gainsay::feeds::opml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(outlines) = opml::read(bytes) {
        let again = opml::read(opml::write(&outlines).as_bytes());
        assert_eq!(again.map(|again| again.len()).unwrap_or_default(), outlines.len());
    }
});
