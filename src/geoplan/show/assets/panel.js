/* The panel: the city, or what was chosen on the map, with figures, verdicts and where they come from. */
(function () {
  "use strict";

  var gp = window.geoplan;
  var SIGNS = {
    pass: "✓", fail: "✗", open: "?", aside: "–", na: "–",
    met: "✓", on_track: "✓", behind: "✗", overdue: "✗", not_assessable: "?",
  };

  function fold(parent, className, open) {
    var box = gp.add(parent, "details", className);
    box.open = Boolean(open);
    return { box: box, head: gp.add(box, "summary", "") };
  }

  /* A mark that tells by sign and word, not by colour alone. */
  function mark(parent, state, said) {
    var node = gp.add(parent, "span", "gp-state gp-" + state);
    var sign = gp.add(node, "span", "gp-sign", SIGNS[state]);
    sign.setAttribute("aria-hidden", "true");
    gp.add(node, "span", "", said === undefined ? gp.w(state) : said);
    return node;
  }

  function pair(parent, label, value, className) {
    var row = gp.add(parent, "div", "gp-pair " + (className || ""));
    gp.add(row, "span", "gp-label", label);
    gp.add(row, "span", "gp-value", value);
    return row;
  }

  function figure(parent, card) {
    var box = gp.add(parent, "div", "gp-figure" + (card.unknown ? " gp-unknown" : ""));
    pair(box, gp.t(card.name), gp.t(card.value));
    card.parts.forEach(function (part) { gp.add(box, "div", "gp-part", gp.t(part)); });
    (card.why || []).forEach(function (why) { gp.add(box, "div", "gp-part", gp.t(why)); });
    if (card.chain.length) {
      var chain = fold(box, "gp-chain");
      chain.head.textContent = gp.w("origin");
      card.chain.forEach(function (line) { pair(chain.box, gp.t(line[0]), gp.t(line[1])); });
    }
  }

  function verdict(parent, card) {
    var item = fold(parent, "gp-verdict");
    item.box.setAttribute("data-state", card.state);
    mark(item.head, card.state);
    gp.add(item.head, "span", "gp-named", gp.t(card.title));
    var brief = gp.add(item.head, "span", "gp-brief");
    gp.add(brief, "span", "", gp.t(card.value));
    gp.add(brief, "span", "gp-least", gp.t(card.threshold));
    if (card.margin !== undefined) { gp.add(brief, "span", "gp-margin", gp.t(card.margin)); }
    if (card.borderline) { gp.add(brief, "span", "gp-caution", gp.w("borderline")); }
    if (card.flag) { gp.add(brief, "span", "gp-caution", gp.w("flagged")); }
    if (card.caution !== undefined) { gp.add(brief, "span", "gp-caution", gp.t(card.caution)); }
    pair(item.box, gp.w("reason"), gp.t(card.reason));
    pair(item.box, gp.w("basis"), gp.t(card.article));
    pair(item.box, gp.w("sources"), gp.t(card.source));
    if (card.points !== undefined) { pair(item.box, gp.w("points"), gp.t(card.points)); }
    if (card.certainty !== undefined) { pair(item.box, gp.w("certainty"), gp.t(card.certainty)); }
  }

  function heading(parent, text, level) { return gp.add(parent, level || "h3", "", text); }

  function unitResult(parent, card, open) {
    var box = gp.add(parent, "section", "gp-result");
    var head = gp.add(box, "div", "gp-headline");
    mark(head, card.state);
    gp.add(head, "strong", "", gp.t(card.title));
    gp.add(box, "p", "gp-reason", gp.t(card.reason));
    card.flags.forEach(function (flag) { gp.add(box, "p", "gp-caution-line", gp.t(flag)); });
    if (card.verdicts.length) { list(box, card.verdicts, open); }
  }

  function list(parent, verdicts) {
    var box = gp.add(parent, "div", "gp-verdicts");
    verdicts.forEach(function (one) { verdict(box, one); });
  }

  function bar(parent, values) {
    var worst = values[0], best = values[1], least = values[2], most = values[3] || 100;
    var svg = gp.svg("svg", { viewBox: "0 0 300 22", "class": "gp-bar", "aria-hidden": "true" }, parent);
    var x = function (v) { return 300 * Math.max(0, Math.min(v / most, 1)); };
    gp.svg("rect", { x: 0, y: 4, width: 300, height: 12, fill: "#eceff1" }, svg);
    gp.svg("rect", { x: x(worst), y: 4, width: Math.max(x(best) - x(worst), 0), height: 12, fill: gp.fill("#cfd8dc", "dots") }, svg);
    gp.svg("rect", { x: 0, y: 4, width: x(worst), height: 12, fill: "#2f7fc1" }, svg);
    if (least !== null) { gp.svg("rect", { x: x(least) - 1, y: 0, width: 2.5, height: 20, fill: "#c1121f" }, svg); }
  }

  function classResult(parent, card) {
    var item = fold(parent, "gp-class-result");
    mark(item.head, card.state);
    gp.add(item.head, "strong", "", gp.t(card.title));
    if (card.caution !== undefined) { gp.add(item.head, "span", "gp-caution", gp.t(card.caution)); }
    if (card.points !== undefined) {
      gp.add(item.head, "span", "gp-points", gp.w("points") + ": " + gp.t(card.points));
      bar(item.head, card.bar);
    }
    gp.add(item.box, "p", "gp-reason", gp.t(card.reason));
    pair(item.box, gp.w("basis"), gp.t(card.article));
    card.groups.forEach(function (group) {
      var box = gp.add(item.box, "div", "gp-group");
      heading(box, gp.t(group.title), "h4");
      gp.add(box, "p", "gp-part", group.points !== undefined ? gp.t(group.points) : gp.t(group.counts));
      list(box, group.verdicts);
    });
    list(item.box, card.verdicts);
  }

  function target(parent, card) {
    var item = fold(parent, "gp-target");
    mark(item.head, card.status, gp.t(card.said));
    gp.add(item.head, "span", "gp-named", gp.t(card.title));
    var brief = gp.add(item.head, "span", "gp-brief");
    if (card.value !== undefined) { gp.add(brief, "span", "", gp.t(card.value)); }
    if (card.wanted !== undefined) { gp.add(brief, "span", "gp-least", gp.t(card.wanted)); }
    gp.add(brief, "span", "gp-least", gp.w("due") + ": " + gp.t(card.due));
    if (card.gap !== undefined) { gp.add(brief, "span", "gp-margin", gp.w("gap") + " " + gp.t(card.gap)); }
    if (gp.t(card.reason)) { pair(item.box, gp.w("reason"), gp.t(card.reason)); }
    if (card.places && card.places.length) {
      pair(item.box, gp.w("where"), card.places.map(gp.t).join("; "));
    }
    pair(item.box, gp.w("document"), gp.t(card.document));
    pair(item.box, gp.w("quote"), "“" + gp.t(card.quote) + "”");
    if (card.note !== undefined) { pair(item.box, gp.w("note"), gp.t(card.note)); }
    if (card.figure) { figure(item.box, card.figure); }
  }

  function section(parent, key, open) {
    var item = fold(parent, "gp-section", open);
    gp.add(item.head, "h2", "", gp.w(key));
    return item;
  }

  function counted(item, number) { gp.add(item.head, "span", "gp-count", String(number)); }

  function unitList(parent) {
    var item = section(parent, "units");
    counted(item, gp.data.units.length);
    var made = false;
    function fill() {
      if (made || !item.box.open) { return; }
      made = true;
      var rows = gp.add(item.box, "ul", "gp-units");
      gp.data.units.forEach(function (unit) {
        var button = gp.button(gp.add(rows, "li"), "gp-row", null, function () { gp.choose([unit.id], true); });
        gp.add(button, "span", "gp-named", gp.t(unit.title));
        (unit.states.length ? unit.states.slice(0, 1) : ["na"]).forEach(function (s) { mark(button, s); });
      });
    }
    item.box.addEventListener("toggle", fill);
  }

  function city(parent) {
    var card = gp.details.city;
    var main = section(parent, "main_figures", true);
    card.facts.forEach(function (fact) { pair(main.box, gp.t(fact[0]), gp.t(fact[1]), "gp-plain"); });
    card.figures.forEach(function (one) { figure(main.box, one); });
    var classes = section(parent, "classes", true);
    card.classes.forEach(function (one) { classResult(classes.box, one); });
    if (!card.classes.length) { gp.add(classes.box, "p", "gp-part", gp.w("no_verdicts")); }
    if (card.unit) { unitResult(section(parent, "as_unit").box, card.unit); }
    var targets = section(parent, "targets", true);
    counted(targets, card.targets.length);
    card.targets.forEach(function (one) { target(targets.box, one); });
    if (!card.targets.length) { gp.add(targets.box, "p", "gp-part", gp.w("no_targets")); }
    unitList(parent);
    var gaps = section(parent, "data_gaps");
    counted(gaps, card.gaps.length);
    gp.add(gaps.box, "p", "gp-part", card.gaps.length ? gp.w("data_gaps.note") : gp.w("none_missing"));
    var rows = gp.add(gaps.box, "ol", "gp-gaps");
    card.gaps.forEach(function (gap) {
      var row = gp.add(rows, "li");
      gp.add(row, "strong", "", gp.t(gap.name));
      gp.add(row, "span", "", " – " + gp.t(gap.scope));
      gp.add(row, "div", "gp-part", gap.blocks + " " + gp.w("blocks"));
    });
    var more = section(parent, "more_figures");
    card.more.forEach(function (one) { figure(more.box, one); });
    card.groups.forEach(function (group) {
      heading(more.box, gp.t(group.title));
      group.figures.forEach(function (one) { figure(more.box, one); });
    });
  }

  function feature(parent, id, open) {
    var card = gp.details.cards[id];
    var item = fold(parent, "gp-card", open);
    item.box.setAttribute("data-id", id);
    var layer = gp.layerOf(id);
    var head = gp.add(item.head, "span", "gp-cardhead");
    if (layer) { gp.swatch(head, gp.fill(layer.spec.look.fillColor, layer.spec.pattern, true), layer.spec.look.color); }
    gp.add(head, "h2", "", gp.t(card.title));
    if (card.subtitle !== null && card.subtitle !== undefined) { gp.add(item.head, "p", "gp-subtitle", gp.t(card.subtitle)); }
    item.box.addEventListener("toggle", function () { if (item.box.open) { gp.highlight(id); } });
    (card.results || []).forEach(function (one) { unitResult(item.box, one); });
    card.figures.forEach(function (one) { figure(item.box, one); });
    card.facts.forEach(function (fact) { pair(item.box, gp.t(fact[0]), gp.t(fact[1]), "gp-plain"); });
    if (card.position && card.position.length) {
      var place = fold(item.box, "gp-chain", true);
      place.head.textContent = gp.w("position");
      card.position.forEach(function (line) { pair(place.box, gp.t(line[0]), gp.t(line[1])); });
      gp.add(place.box, "p", "gp-part", gp.w("position.note"));
    }
    if (card.more && card.more.length) {
      var more = fold(item.box, "gp-chain");
      more.head.textContent = gp.w("more_figures");
      card.more.forEach(function (one) { figure(more.box, one); });
    }
  }

  function chosen(parent, ids) {
    var bar_ = gp.add(parent, "div", "gp-back");
    gp.button(bar_, "", "← " + gp.w("back"), function () { gp.choose([]); });
    if (ids.length > 1) { gp.add(bar_, "p", "gp-part", ids.length + " " + gp.w("at_point")); }
    ids.forEach(function (id, i) { feature(parent, id, i === 0); });
  }

  gp.renderPanel = function (parent) {
    parent.replaceChildren();
    if (!gp.details) { return; }
    var ids = gp.state.selected || [];
    if (ids.length) { chosen(parent, ids); } else { city(parent); }
  };

  /* Choose features by their ids: the panel lists them all, the first is highlighted. */
  gp.choose = function (ids, zoom) {
    gp.state.selected = ids.filter(function (id) { return gp.details && gp.details.cards[id]; });
    var first = gp.state.selected[0];
    gp.highlight(first);
    var layer = first && gp.layerOf(first);
    if (layer && !gp.map.hasLayer(layer.group)) { gp.showLayer(layer, true); }
    if (first && zoom) { gp.map.fitBounds(gp.shapeOf(first).getBounds(), { padding: [40, 40], maxZoom: 14, animate: false }); }
    gp.tell("choose", gp.state.selected);
  };
})();
