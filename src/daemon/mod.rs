//! The stages wired together: polling, analysis, delivery; signals, reload and systemd.
