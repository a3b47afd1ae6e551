/* Print: the map on a sheet of A4 or A3 with title, legend, scale, north, date, sources and standing. */
(function () {
  "use strict";

  var gp = window.geoplan;
  var PAPERS = {
    "A4-landscape": [277, 190], "A4-portrait": [190, 277], "A3-landscape": [400, 277], "A3-portrait": [277, 400],
  };
  var PIXELS_PER_METRE = 96 / 0.0254;
  var sheet = null, home = null, bounds = null, alone = false;

  function paperName(key) {
    var parts = key.split("-");
    return parts[0] + " " + gp.w(parts[1]);
  }

  /* Metres on the ground for a metre on paper, two figures of it: the projection's scale changes over the map. */
  function scale() {
    var size = gp.map.getSize(), y = size.y / 2;
    var a = gp.map.containerPointToLatLng([0, y]), b = gp.map.containerPointToLatLng([size.x, y]);
    var ratio = gp.map.distance(a, b) / size.x * PIXELS_PER_METRE;
    var step = Math.pow(10, Math.floor(Math.log10(ratio)) - 1);
    return Math.round(ratio / step) * step;
  }

  function sayScale() {
    var line = sheet && sheet.querySelector(".gp-ratio");
    if (line) { line.textContent = gp.w("scale") + " 1:" + gp.number(scale()); }
  }

  function north(parent) {
    var box = gp.add(parent, "div", "gp-north");
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", gp.w("north.full"));
    gp.add(box, "span", "", gp.w("north"));
    var svg = gp.svg("svg", { viewBox: "0 0 20 30", width: 20, height: 30, "aria-hidden": "true" }, box);
    gp.svg("path", { d: "M10 0 L18 28 L10 22 Z", fill: "#1b1b1b" }, svg);
    gp.svg("path", { d: "M10 0 L2 28 L10 22 Z", fill: "#ffffff", stroke: "#1b1b1b" }, svg);
  }

  function figures(parent) {
    var card = gp.details && gp.details.city;
    if (!card || (gp.data.what_if && gp.state.step === 0)) { return; }  // they are those of the scenario
    var box = gp.add(parent, "section", "gp-sheet-figures");
    gp.add(box, "h2", "", gp.w("main_figures"));
    card.figures.forEach(function (one) {
      var row = gp.add(box, "div", "gp-pair");
      gp.add(row, "span", "gp-label", gp.t(one.name));
      gp.add(row, "span", "gp-value", gp.t(one.value));
    });
  }

  function tools(parent, paper) {
    var bar = gp.add(parent, "div", "gp-sheet-tools");
    var label = gp.add(bar, "label", "", gp.w("paper") + " ");
    var select = gp.add(label, "select");
    Object.keys(PAPERS).forEach(function (key) {
      var option = gp.add(select, "option", "", paperName(key));
      option.value = key;
      option.selected = key === paper;
    });
    select.addEventListener("change", function () { leave(); enter(select.value); });
    gp.button(bar, "gp-primary", gp.w("print"), function () { window.print(); });
    gp.button(bar, "", gp.w("close"), leave);
    return select;
  }

  function pageRule(paper) {
    var style = document.getElementById("gp-page") || document.head.appendChild(gp.make("style"));
    style.id = "gp-page";
    style.textContent = "@page { size: " + paper.replace("-", " ") + "; margin: 10mm; }";
  }

  function enter(paper) {
    if (sheet) { return; }
    if (gp.data.what_if && gp.comparing()) { gp.endComparison(); gp.goTo(gp.data.time.now); }
    gp.endComparison();
    bounds = gp.map.getBounds();
    if (bounds.contains(gp.whole)) { bounds = gp.whole; }
    var size = PAPERS[paper];
    pageRule(paper);
    sheet = gp.make("div", "gp-print");
    sheet.setAttribute("role", "dialog");
    sheet.setAttribute("aria-modal", "true");
    sheet.setAttribute("aria-label", gp.w("print.title"));
    var select = tools(sheet, paper);
    var page = gp.add(sheet, "div", "gp-sheet gp-" + paper);
    page.style.width = size[0] + "mm";
    page.style.height = size[1] + "mm";
    var head = gp.add(page, "header", "gp-sheet-head");
    gp.add(head, "h1", "", gp.t(gp.data.title));
    gp.add(head, "p", "gp-subtitle", gp.subtitle());
    gp.data.warnings.forEach(function (one) { gp.add(head, "p", "gp-standing", gp.t(one)); });
    var frame = gp.add(page, "div", "gp-sheet-map");
    var side = gp.add(page, "div", "gp-sheet-side");
    gp.legend(gp.add(side, "div", "gp-sheet-legend"));
    gp.add(side, "p", "gp-ratio");
    figures(side);
    var foot = gp.add(page, "footer", "gp-sheet-foot");
    gp.add(foot, "strong", "", gp.w("sources") + ": ");
    gp.add(foot, "span", "", gp.data.sources.map(gp.t).join(" "));
    home = gp.map.getContainer().parentNode;
    document.body.appendChild(sheet);
    frame.appendChild(gp.map.getContainer());
    north(frame);
    if (side.scrollHeight > side.clientHeight + 2) {
      var extra = side.querySelector(".gp-sheet-figures");
      if (extra) { extra.remove(); }
    }
    document.documentElement.classList.add("gp-printing");
    settle();
    gp.map.on("moveend zoomend", sayScale);
    if (side.scrollHeight > side.clientHeight + 2) { side.classList.add("gp-dense"); }
    select.focus();
  }

  function settle() {
    gp.map.invalidateSize({ animate: false, pan: false });
    var snap = gp.map.options.zoomSnap;
    if (sheet) { gp.map.options.zoomSnap = 0.01; }
    gp.map.fitBounds(bounds, { animate: false, padding: sheet ? [8, 8] : [0, 0] });
    gp.map.options.zoomSnap = snap;
    sayScale();
  }

  function leave() {
    if (!sheet) { return; }
    gp.map.off("moveend zoomend", sayScale);
    home.insertBefore(gp.map.getContainer(), home.firstChild);
    sheet.remove();
    sheet = null;
    document.documentElement.classList.remove("gp-printing");
    settle();
    gp.tell("left-print");
  }

  gp.print = function () { enter("A4-landscape"); };

  gp.watchPrint = function () {
    window.addEventListener("beforeprint", function () { if (!sheet) { alone = true; gp.print(); } });
    window.addEventListener("afterprint", function () { if (alone) { alone = false; leave(); } });
    document.addEventListener("keydown", function (e) { if (e.key === "Escape") { leave(); } });
  };
})();
