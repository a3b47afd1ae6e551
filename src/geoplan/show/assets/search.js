/* Finds entries by any part of their names, whatever the accents and capitals. Pure: data in, data out.

   An entry has names (folded), exact (codes that mean it and nothing else, folded) and keys (all words
   that lead to it, folded), as geoplan.show.search makes them. */
(function (root) {
  "use strict";

  var marks = {};

  /* Whether a character is a combining mark (of a class other than 0): then, and only then, putting text
     in canonical order moves it past a mark of a very high class, or past one of a very low class. */
  function combining(ch) {
    if (ch < "\u0300") { return false; }
    if (!Object.prototype.hasOwnProperty.call(marks, ch)) {
      marks[ch] = ("\u0345" + ch).normalize("NFD") !== "\u0345" + ch || (ch + "\u0334").normalize("NFD") !== ch + "\u0334";
    }
    return marks[ch];
  }

  /* One character as Python's casefold has it: capitals first, so that "ß" meets "ss" and the two small
     sigmas each other; it leaves the dotless i alone and makes Cherokee large. */
  function lower(ch) {
    if (ch === "\u0131") { return ch; }
    var large = ch.toUpperCase();
    return /^[\u13a0-\u13fd]/.test(large) ? large : large.toLowerCase().replace("\u00df", "ss");
  }

  /* geoplan.text.fold: no capitals, đ as d, taken apart (NFD), without combining marks. */
  function fold(text) {
    var characters = /[\ud800-\udbff][\udc00-\udfff]|[\s\S]/g;
    return String(text).replace(characters, lower).replace(/\u0111/g, "d").normalize("NFD")
      .replace(characters, function (ch) { return combining(ch) ? "" : ch; });
  }

  /* Where words begin: at the start, and after what is no letter or digit. */
  function begins(text, word) {
    var at = text.indexOf(word);
    while (at >= 0) {
      if (at === 0 || " -–—/(),.:;\"'“”".indexOf(text.charAt(at - 1)) >= 0) { return true; }
      at = text.indexOf(word, at + 1);
    }
    return false;
  }

  function all(words, text, test) {
    return words.every(function (word) { return test(text, word); });
  }

  function within(text, word) { return text.indexOf(word) >= 0; }

  /* How well an entry answers: 0 is best, -1 not at all. */
  function rank(entry, query, words) {
    function some(test) { return entry.names.some(test); }
    if (entry.exact.indexOf(query) >= 0) { return 0; }
    if (!all(words, entry.keys, within)) { return -1; }
    if (some(function (name) { return name === query; })) { return 1; }
    if (some(function (name) { return name.indexOf(query) === 0; })) { return 2; }
    if (some(function (name) { return all(words, name, begins); })) { return 3; }
    if (some(function (name) { return all(words, name, within); })) { return 4; }
    return all(words, entry.keys, begins) ? 5 : 6;
  }

  root.geoplanFold = fold;

  /* The entries that answer a query, the best first and else in their order; none for an empty query. */
  root.geoplanSearch = function (entries, query) {
    var words = fold(query).split(/\s+/).filter(Boolean);
    if (!words.length) { return []; }
    var plain = words.join(" ");
    return entries
      .map(function (entry, at) { return { entry: entry, at: at, rank: rank(entry, plain, words) }; })
      .filter(function (found) { return found.rank >= 0; })
      .sort(function (a, b) { return a.rank - b.rank || a.at - b.at; })
      .map(function (found) { return found.entry; });
  };
})(window);
