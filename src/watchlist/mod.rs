//! The watchlist: the user's TOML file, read, checked and explained.
