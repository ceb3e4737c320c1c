"""Where every recorded sound comes from, and the bank that is built from it."""
