/* What if: the city before and after a scenario, one or both on the map, and all that moves. */
(function () {
  "use strict";

  var gp = window.geoplan;
  var BEFORE = 0, AFTER = 1, WIDE = 1100;
  var plain = gp.renderTime, parts = {};

  function shown() {
    return gp.comparing() ? "both" : gp.state.step === BEFORE ? "before" : gp.state.step === AFTER ? "after" : null;
  }

  function show(what) {
    if (gp.comparing() && what !== "both") { gp.endComparison(); }
    if (what === "both") {
      if (!gp.comparing()) { gp.state.step = BEFORE; gp.compare(); }
    } else {
      gp.goTo(what === "before" ? BEFORE : AFTER);
    }
    press();
  }

  function press() {
    var now = shown();
    Object.keys(parts).forEach(function (what) { parts[what].setAttribute("aria-pressed", String(what === now)); });
  }

  function line(parent, row) {
    var box = gp.add(parent, row.unit === null ? "div" : "button", "gp-move");
    if (row.unit !== null) {
      box.type = "button";
      box.addEventListener("click", function () { gp.choose([row.unit], true); });
    }
    var name = gp.add(box, "span", "gp-move-name", gp.t(row.name));
    if (row.where !== null) { gp.add(name, "span", "gp-note", gp.t(row.where)); }
    var pair = gp.add(box, "span", "gp-move-pair");
    gp.add(pair, "span", "", gp.t(row.before));
    gp.add(pair, "span", "gp-arrow", " → ");
    gp.add(pair, "strong", "", gp.t(row.after));
    if (row.change !== null) { gp.add(pair, "span", "gp-note", gp.t(row.change)); }
  }

  function views(parent) {
    var group = gp.add(parent, "div", "gp-views");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", gp.w("what_if.views"));
    parts = {};
    ["before", "after", "both"].forEach(function (what) {
      parts[what] = gp.button(group, "gp-plainbutton", gp.w(what === "both" ? "what_if.both" : what), function () { show(what); });
    });
    press();
  }

  function kinds(parent) {
    var label = gp.add(parent, "label", "gp-heading", gp.w("colour_by"));
    label.htmlFor = "gp-kind";
    var select = gp.add(parent, "select");
    select.id = "gp-kind";
    gp.data.time.kinds.forEach(function (kind, i) {
      gp.add(select, "option", "", gp.t(kind.title)).selected = i === gp.state.kind;
    });
    select.addEventListener("change", function () {
      if (gp.state.step === null) { gp.state.step = AFTER; }
      gp.showKind(select.selectedIndex);
      press();
    });
  }

  gp.renderTime = function (parent) {
    var told = gp.data.what_if;
    if (!told) { plain(parent); return; }
    parent.replaceChildren();
    gp.add(parent, "h2", "", gp.w("what_if.changes"));
    var list = gp.add(parent, "ul", "gp-sources");
    told.changes.forEach(function (one) { gp.add(list, "li", "", gp.t(one)); });
    kinds(parent);
    views(parent);
    gp.add(parent, "p", "gp-part", gp.w("what_if.panel"));
    gp.add(parent, "p", "gp-day", gp.t(told.summary));
    told.groups.forEach(function (group) {
      gp.add(parent, "h2", "", gp.t(group.title));
      var box = gp.add(parent, "div", "gp-moves");
      group.rows.forEach(function (row) { line(box, row); });
    });
    if (told.more !== null) { gp.add(parent, "p", "gp-part", gp.t(told.more)); }
  };

  /* The page opens on the scenario: both maps where there is room, else the city after it. */
  gp.beginWhatIf = function () {
    if (!gp.data.what_if) { return; }
    gp.openTab("time");
    show(window.innerWidth >= WIDE ? "both" : "after");
  };

  gp.on("date", press);
  gp.on("metric", press);
})();
