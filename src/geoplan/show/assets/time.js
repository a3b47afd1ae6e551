/* Time: coverage on each date of a decision, plans that come and go, the targets' lines, two dates side by side. */
(function () {
  "use strict";

  var gp = window.geoplan;
  gp.state.step = null;
  gp.state.kind = 0;
  var main = null, second = null, parts = {};

  /* What holds at a step among pairs that begin with the step from which on they hold. */
  function holding(changes, step) {
    var found = null;
    for (var i = 0; i < changes.length && changes[i][0] <= step; i += 1) { found = changes[i]; }
    return found;
  }

  function inForce(spans, step) {
    return Boolean(spans) && spans.some(function (span) {
      return span[0] <= step && (span[1] < 0 || step < span[1]);
    });
  }

  /* The classes of what colours the units: each its own where before and after are shown. */
  function bands() {
    var time = gp.data.time;
    return time.kinds[gp.state.kind].bands || time.bands;
  }

  /* Layers whose features come and go: plans; before and after, all. */
  function comesAndGoes(layer) {
    return /^plans\./.test(layer.spec.key) || (gp.data.what_if && layer.spec.switch);
  }

  function coverage(unit, step) {
    return holding(gp.data.time.coverage[gp.state.kind][unit], step) || [step, -1, null];
  }

  function brief(unit, step) {
    var text = coverage(unit, step)[2];
    var time = gp.data.time;
    if (gp.data.what_if) { return gp.t(time.days[step]) + " – " + (text === null ? gp.w("no_data") : gp.t(text)); }
    return gp.t(time.days[step]) + " – " + gp.t(time.kinds[gp.state.kind].title) + ": " +
      (text === null ? gp.w("no_data") : gp.t(text));
  }

  /* The units and plans of any date on a map. */
  function View(map) {
    this.map = map;
    this.made = {};
    this.group = L.featureGroup();
    this.plans = {};
    this.step = null;
    var view = this;
    this.group.bindTooltip(function (shape) {
      var box = gp.make("div", "gp-tip");
      gp.add(box, "strong", "", gp.t(gp.data.time.units[shape.gpUnit].title));
      gp.add(box, "div", "", brief(shape.gpUnit, view.step));
      return box;
    }, { sticky: true });
  }

  View.prototype.unit = function (i) {
    if (!this.made[i]) {
      var unit = gp.data.time.units[i];
      var rings = unit.shown === undefined ? gp.decode(unit.shape, unit.places) : gp.units.rings[unit.shown];
      this.made[i] = L.polygon(rings, {
        pane: "communes", color: gp.data.border, weight: 1.2, smoothFactor: 0, fillOpacity: gp.underlay() ? 0.62 : 0.92,
      });
      this.made[i].gpUnit = i;
      this.made[i].gpRings = rings;
    }
    return this.made[i];
  };

  View.prototype.show = function (step) {
    var view = this, time = gp.data.time;
    var there = holding(time.there, step)[1];
    this.step = step;
    this.group.eachLayer(function (shape) {
      if (there.indexOf(shape.gpUnit) < 0) { view.group.removeLayer(shape); }
    });
    var metric = { bands: bands() };
    there.forEach(function (i) {
      var shape = view.unit(i);
      shape.setStyle({ fillColor: gp.bandFill(metric, coverage(i, step)[1]) });
      if (!view.group.hasLayer(shape)) { view.group.addLayer(shape); }
    });
    this.group.addTo(this.map);
  };

  /* Plans of the layers that are shown, as they were in force. */
  View.prototype.showPlans = function (step) {
    var view = this;
    gp.drawn.forEach(function (layer) {
      if (!comesAndGoes(layer)) { return; }
      layer.features.forEach(function (one) {
        var on = gp.map.hasLayer(layer.group) && inForce(gp.data.time.plans[one.feature.id], step);
        var shape = view.plans[one.feature.id];
        if (on && !shape) {
          shape = view.plans[one.feature.id] = L.polygon(one.rings, Object.assign({ interactive: false }, one.shape.options, { interactive: false }));
        }
        if (shape) { if (on) { shape.addTo(view.map); } else { shape.remove(); } }
      });
    });
  };

  function sign(unit, step) {
    var band = bands()[coverage(unit, step)[1]];
    return band && band.sign ? band.sign : "";
  }

  View.prototype.items = function (sight, least) {
    var time = gp.data.time, found = [], view = this;
    this.group.eachLayer(function (shape) {
      var unit = time.units[shape.gpUnit];
      var at = unit.shown === undefined ? unit.at : gp.data.units[unit.shown].at;
      var bounds = shape.getBounds();
      if (!gp.namable(at, bounds, sight, least)) { return; }
      found.push({ at: at, name: gp.t(unit.name), bounds: bounds, span: bounds.getEast() - bounds.getWest(), sign: sign(shape.gpUnit, view.step) });
    });
    return found;
  };

  /* The plans of the main map that are in force at a step; on the date of assessment when null. */
  function plansAt(step) {
    gp.drawn.forEach(function (layer) {
      if (!comesAndGoes(layer)) { return; }
      layer.features.forEach(function (one) {
        var on = step === null ? one.feature.now : inForce(gp.data.time.plans[one.feature.id], step);
        if (on) { layer.group.addLayer(one.shape); } else { layer.group.removeLayer(one.shape); }
      });
    });
  }

  /* What colours the units while another date is shown. */
  gp.timeMetric = function () {
    var time = gp.data.time;
    return { key: "time", title: time.kinds[gp.state.kind].title, bands: bands(), classes: [-1], note: null };
  };

  gp.timeItems = function (sight, least) { return main.items(sight, least); };

  gp.timeUnitAt = function (lat, lng) {
    var found = null;
    main.group.eachLayer(function (shape) {
      var unit = gp.data.time.units[shape.gpUnit];
      if (unit.shown !== undefined && shape.getBounds().contains([lat, lng]) && gp.holds(shape.gpRings, lat, lng)) {
        found = gp.data.units[unit.shown].id;
      }
    });
    return found;
  };

  gp.dayShown = function () { return gp.state.step === null ? null : gp.t(gp.data.time.days[gp.state.step]); };

  /* Show a step; null: the date of assessment again. */
  gp.goTo = function (step) {
    main = main || new View(gp.map);
    gp.state.step = step;
    if (step === null) {
      main.group.remove();
      gp.units.group.addTo(gp.map);
    } else {
      gp.units.group.remove();
      main.show(step);
    }
    plansAt(step);
    say();
    gp.tell("date");
  };

  function options(parent, chosen, label, run) {
    var line = gp.add(parent, "div", "gp-date");
    gp.add(line, "span", "", label).setAttribute("aria-hidden", "true");
    var select = gp.add(line, "select");
    select.setAttribute("aria-label", label);
    gp.data.time.days.forEach(function (day, i) {
      var option = gp.add(select, "option", "", gp.t(day));
      option.value = String(i);
      option.selected = i === chosen;
    });
    select.addEventListener("change", function () { run(select.selectedIndex); });
  }

  function planButtons(parent, heading, step, chosen) {
    var time = gp.data.time;
    var names = [];
    gp.drawn.forEach(function (layer) {
      layer.features.forEach(function (one) {
        if ((time.plans[one.feature.id] || []).some(function (span) { return chosen(span) === step; })) { names.push(one.feature); }
      });
    });
    if (!names.length) { return; }
    gp.add(parent, "h2", "", gp.w(heading));
    var list = gp.add(parent, "ul", "gp-units");
    names.forEach(function (feature) {
      gp.button(gp.add(list, "li"), "gp-row", gp.t(feature.title), function () { gp.choose([feature.id], true); });
    });
  }

  function chart(parent, step) {
    var time = gp.data.time, totals = time.totals[gp.state.kind], targets = time.targets[gp.state.kind];
    var W = 352, H = 170, left = 34, right = 10, top = 12, bottom = 24;
    var first = time.dates[0], last = Math.max(time.dates[time.dates.length - 1], first + 1);
    var x = function (at) { return left + (W - left - right) * (at - first) / (last - first); };
    var y = function (v) { return top + (H - top - bottom) * (1 - v / 100); };
    var svg = gp.svg("svg", { viewBox: "0 0 " + W + " " + H, "class": "gp-chart", role: "img" }, parent);
    svg.setAttribute("aria-label", gp.w("chart") + ", " + gp.t(time.kinds[gp.state.kind].title) + ", " +
      gp.t(time.days[step]) + ": " + gp.t(totals[step][1]));
    [0, 25, 50, 75, 100].forEach(function (v) {
      gp.svg("line", { x1: left, x2: W - right, y1: y(v), y2: y(v), stroke: "#dde3e8" }, svg);
      gp.svg("text", { x: left - 5, y: y(v) + 4, "text-anchor": "end" }, svg).textContent = v + " %";
    });
    var years = new Set(), from = new Date(first).getUTCFullYear(), to = new Date(last).getUTCFullYear();
    for (var year = from + 1; year <= to; year += Math.max(1, Math.ceil((to - from) / 6))) { years.add(year); }
    years.forEach(function (one) {
      gp.svg("text", { x: x(Date.UTC(one, 0, 1)), y: H - 7, "text-anchor": "middle" }, svg).textContent = one;
    });
    var line = "", before = null;
    totals.forEach(function (total, i) {
      if (total[0] === null) { before = null; return; }
      line += (before === null ? "M" : "H") + x(time.dates[i]) + (before === null ? " " + y(total[0]) : "V" + y(total[0]));
      before = total[0];
    });
    if (before !== null) { line += "H" + (W - right); }
    gp.svg("path", { d: line, fill: "none", stroke: "#14508c", "stroke-width": 2.2 }, svg);
    targets.forEach(function (target) {
      gp.svg("line", {
        x1: left, x2: W - right, y1: y(target.value), y2: y(target.value), stroke: "#c1121f", "stroke-width": 1.6, "stroke-dasharray": "5 4",
      }, svg);
    });
    var at = x(time.dates[step]);
    gp.svg("line", { x1: at, x2: at, y1: top, y2: H - bottom, stroke: "#1b1f24", "stroke-width": 1.2 }, svg);
    if (totals[step][0] !== null) {
      gp.svg("circle", { cx: at, cy: y(totals[step][0]), r: 4.5, fill: "#14508c", stroke: "#ffffff", "stroke-width": 1.5 }, svg);
    }
    targets.forEach(function (target) { gp.add(parent, "p", "gp-target-line", gp.w("target_line") + ": " + gp.t(target.text)); });
  }

  /* Everything under the slider, said again for the step. */
  function say() {
    if (!parts.told) { return; }
    var time = gp.data.time;
    var step = gp.state.step === null ? time.now : gp.state.step;
    parts.slider.value = String(step);
    var day = gp.t(time.days[step]) + (gp.state.step === null ? " – " + gp.w("assessed") + " " + gp.t(time.assessed) : "");
    parts.slider.setAttribute("aria-valuetext", day);
    parts.day.textContent = day;
    parts.why.textContent = gp.t(time.whys[step]);
    parts.told.replaceChildren();
    var total = time.totals[gp.state.kind][step];
    var row = gp.add(parts.told, "div", "gp-pair gp-figure");
    gp.add(row, "span", "gp-label", gp.t(time.kinds[gp.state.kind].title) + ", " + gp.w("whole_city_line"));
    gp.add(row, "span", "gp-value", gp.t(total[1]));
    var count = Object.keys(time.plans).filter(function (id) { return inForce(time.plans[id], step); }).length;
    gp.add(parts.told, "p", "gp-part", count + " " + gp.w("in_force_count"));
    chart(parts.told, step);
    if (gp.state.step !== null) {
      gp.add(parts.told, "p", "gp-part", gp.w("other_date"));
      gp.button(parts.told, "gp-plainbutton", gp.w("reset_date"), function () { gp.goTo(null); parts.slider.focus(); });
    }
    planButtons(parts.told, "appeared", step, function (span) { return span[0]; });
    planButtons(parts.told, "expired", step, function (span) { return span[1]; });
  }

  gp.renderTime = function (parent) {
    parent.replaceChildren();
    var time = gp.data.time;
    if (!time || !time.kinds.length) {
      gp.add(parent, "p", "gp-part", gp.w("no_dates"));
      return;
    }
    var label = gp.add(parent, "label", "gp-heading", gp.w("coverage_of"));
    label.htmlFor = "gp-kind";
    var kinds = gp.add(parent, "select");
    kinds.id = "gp-kind";
    time.kinds.forEach(function (kind, i) {
      var option = gp.add(kinds, "option", "", gp.t(kind.title));
      option.selected = i === gp.state.kind;
    });
    kinds.addEventListener("change", function () {
      gp.showKind(kinds.selectedIndex);
    });
    var slide = gp.add(parent, "label", "gp-heading", gp.w("date"));
    slide.htmlFor = "gp-slider";
    parts.slider = gp.add(parent, "input", "gp-slider");
    parts.slider.id = "gp-slider";
    parts.slider.type = "range";
    parts.slider.min = "0";
    parts.slider.max = String(time.days.length - 1);
    parts.slider.step = "1";
    parts.slider.addEventListener("input", function () { gp.goTo(Number(parts.slider.value)); });
    parts.day = gp.add(parent, "p", "gp-day");
    parts.day.setAttribute("aria-live", "polite");
    parts.why = gp.add(parent, "p", "gp-why");
    parts.told = gp.add(parent, "div", "gp-told");
    var pair = gp.add(parent, "div", "gp-compare");
    gp.button(pair, "gp-plainbutton", gp.w(second ? "compare.end" : "compare"), function () {
      if (second) { gp.endComparison(); } else { compare(); }
      gp.renderTime(parent);
      parent.querySelector(".gp-compare button").focus();
    });
    if (second) {
      options(pair, gp.state.step === null ? time.now : gp.state.step, gp.w("before"), function (step) { gp.goTo(step); });
      options(pair, second.view.step, gp.w("after"), function (step) { second.view.show(step); second.say(); });
    }
    say();
  };

  function follow(from, to) {
    if (gp.moving) { return; }
    gp.moving = true;
    to.setView(from.getCenter(), from.getZoom(), { animate: false });
    gp.moving = false;
  }

  /* A second map beside the first, on another date; both move together. */
  function compare() {
    var box = gp.add(gp.parts.stage, "div", "gp-second");
    gp.parts.stage.classList.add("gp-two");
    gp.parts.legend.open = gp.parts.stage.offsetWidth > 1500;
    var map = L.map(box, { zoomControl: false, attributionControl: false, zoomSnap: 0.25 });
    gp.panes(map);
    map.setView(gp.map.getCenter(), gp.map.getZoom(), { animate: false });
    gp.drawPictures(map);
    box.setAttribute("role", "application");
    second = { map: map, box: box, view: new View(map) };
    second.label = gp.add(box, "div", "gp-daybox");
    second.say = function () {
      second.label.textContent = gp.w("after") + ": " + gp.t(gp.data.time.days[second.view.step]);
      box.setAttribute("aria-label", second.label.textContent);
      second.view.showPlans(second.view.step);
      if (second.names) { second.names(); }
    };
    second.view.show(gp.data.time.days.length - 1);
    second.say();
    gp.goTo(gp.state.step === null ? gp.data.time.now : gp.state.step);
    gp.map.invalidateSize({ animate: false });
    map.invalidateSize({ animate: false });
    second.there = function () { follow(gp.map, map); };
    second.back = function () { follow(map, gp.map); };
    gp.map.on("move zoom", second.there);
    map.on("move zoom", second.back);
    gp.wholeCity();
    second.names = gp.names(map, function (sight, least) {
      return second ? second.view.items(sight, least) : [];
    });
  }

  gp.compare = compare;

  /* Colour the units of the steps that are shown by another kind. */
  gp.showKind = function (kind) {
    gp.state.kind = kind;
    gp.goTo(gp.state.step);
    if (second) { second.view.show(second.view.step); second.say(); }
  };

  gp.secondMap = function () { return second.map; };

  gp.comparing = function () { return Boolean(second); };

  gp.endComparison = function () {
    if (!second) { return; }
    gp.map.off("move zoom", second.there);
    second.map.remove();
    second.box.remove();
    second = null;
    gp.parts.stage.classList.remove("gp-two");
    gp.map.invalidateSize({ animate: false });
    gp.tell("date");
  };

  gp.on("layers", function () { if (second) { second.say(); } });
  gp.on("language", function () { if (second) { second.say(); } });
})();
