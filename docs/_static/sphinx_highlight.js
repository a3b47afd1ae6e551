// Nothing is marked in the pages found: a word without diacritics would mark parts of other words.
const SPHINX_HIGHLIGHT_ENABLED = false;
