//! Which denial answers which accusation, within an article and across articles and outlets. Pure.
