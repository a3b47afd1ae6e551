/* The page's small tools: elements, texts in two languages, data, and who hears of what. */
(function () {
  "use strict";

  var gp = window.geoplan = { state: { selected: null, date: null, metric: 0 } };
  var heard = {};

  /* An element; text goes in as text, never as markup. */
  gp.make = function (tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text !== undefined && text !== null) { node.textContent = text; }
    return node;
  };

  gp.add = function (parent, tag, className, text) {
    return parent.appendChild(gp.make(tag, className, text));
  };

  gp.button = function (parent, className, text, run) {
    var node = gp.add(parent, "button", className, text);
    node.type = "button";
    node.addEventListener("click", run);
    return node;
  };

  gp.svg = function (tag, attributes, parent) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes || {}).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (parent) { parent.appendChild(node); }
    return node;
  };

  /* A text by its number; those that only the panel needs come with its cards. */
  gp.t = function (number) {
    var texts = gp.data.texts[gp.lang];
    if (number < texts.length) { return texts[number]; }
    return gp.details ? gp.details.texts[gp.lang][number - texts.length] : "";
  };

  gp.w = function (key) { return gp.t(gp.data.words[key]); };

  gp.on = function (what, run) { (heard[what] = heard[what] || []).push(run); };
  gp.tell = function (what, value) { (heard[what] || []).forEach(function (run) { run(value); }); };

  /* What a block of the page holds: JSON, packed when it is long. */
  gp.read = function (id) {
    var node = document.getElementById(id);
    if (node.type === "application/json") { return Promise.resolve(JSON.parse(node.textContent)); }
    var signs = atob(node.textContent);
    var bytes = new Uint8Array(signs.length);
    for (var i = 0; i < signs.length; i += 1) { bytes[i] = signs.charCodeAt(i); }
    var plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(plain).text().then(JSON.parse);
  };

  /* Whole metres and figures of the page's own scale as readers of the language write them. */
  gp.number = function (value) {
    return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, gp.lang === "en" ? "," : ".");
  };
})();
