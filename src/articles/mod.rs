//! Items become articles: recognised again wherever they appear, matched against the watchlist, with their full text.
